"""Sentences in both languages by one small grammar: who, in what clothes, does what, where. They teach the Chinese tower how words go
together, which neither a dictionary nor captions by different people show."""

from __future__ import annotations

import random

COLOURS = "红色 red,蓝色 blue,绿色 green,黄色 yellow,白色 white,黑色 black,粉色 pink,橙色 orange,灰色 gray,棕色 brown,紫色 purple"
CLOTHES = "衬衫 shirt,外套 jacket,夹克 jacket,连衣裙 dress,T恤 t-shirt,毛衣 sweater,制服 uniform,帽子 hat,头盔 helmet,泳衣 swimsuit,背心 vest,西装 suit,裙子 skirt"
PEOPLE = "男人 man,女人 woman,男孩 boy,女孩 girl,小男孩 little boy,小女孩 little girl,孩子 child,年轻人 young person,老人 old man,年轻女子 young woman,男子 man,女子 woman,运动员 athlete"
GROUPS = "一群人 a group of people,两个男人 two men,两个女人 two women,两个孩子 two children,三个人 three people,几个人 several people,一群孩子 a group of children,人们 people,一家人 a family,一对情侣 a couple,许多人 many people,两个小女孩 two little girls,两个男孩 two boys,一个婴儿 a baby,一名足球运动员 a soccer player,一个滑雪的人 a skier,一个冲浪的人 a surfer,一个骑自行车的人 a cyclist,一支球队 a team"
ANIMALS = "狗 dog,小狗 puppy,大狗 large dog,猫 cat,马 horse,鸟 bird"
MOVES = "跑步 running,奔跑 running,跳跃 jumping,走路 walking,行走 walking,坐着 sitting,站着 standing,躺着 lying down,睡觉 sleeping,游泳 swimming,玩耍 playing,跳舞 dancing,唱歌 singing,吃东西 eating,喝水 drinking,微笑 smiling,大笑 laughing,休息 resting,聊天 talking,工作 working,等待 waiting,表演 performing"
SPORTS = "踢足球 playing soccer,打篮球 playing basketball,打棒球 playing baseball,打网球 playing tennis,打排球 playing volleyball,弹吉他 playing the guitar,骑自行车 riding a bicycle,骑马 riding a horse,骑摩托车 riding a motorcycle,滑雪 skiing,玩滑板 skateboarding,滑板 skateboarding,冲浪 surfing,攀岩 rock climbing,爬山 climbing a mountain,拍照 taking a photo,看书 reading a book,打电话 talking on the phone,荡秋千 swinging on a swing,玩滑梯 going down a slide,钓鱼 fishing,划船 rowing a boat,吹泡泡 blowing bubbles,扔球 throwing a ball,玩球 playing with a ball,跳绳 jumping rope,遛狗 walking a dog,放风筝 flying a kite,做饭 cooking,喝咖啡 drinking coffee,吃冰淇淋 eating ice cream,拥抱 hugging,摔跤 wrestling,堆雪人 building a snowman"
ANIMAL_MOVES = "奔跑 running,跑 running,跳跃 jumping,行走 walking,玩耍 playing,游泳 swimming,睡觉 sleeping,坐着 sitting,站着 standing,追逐一个球 chasing a ball,接飞盘 catching a frisbee,叼着一个球 carrying a ball in its mouth,叼着一根棍子 carrying a stick in its mouth,叼着飞盘 holding a frisbee in its mouth,抖水 shaking off water,看着镜头 looking at the camera"
PLACES = "海滩上 on the beach,沙滩上 on the beach,草地上 on the grass,草丛中 in the grass,雪地里 in the snow,雪中 in the snow,水里 in the water,水中 in the water,街上 on the street,街道上 on the street,公园里 in a park,森林里 in the forest,树林里 in the woods,山上 on a mountain,房间里 in a room,游泳池里 in a swimming pool,泳池边 by a swimming pool,河边 by a river,湖边 by a lake,海边 by the sea,海里 in the ocean,人行道上 on the sidewalk,田野里 in a field,舞台上 on a stage,商店前 in front of a store,桌子旁 at a table,长椅上 on a bench,岩石上 on a rock,体育场里 in a stadium,球场上 on a field,厨房里 in a kitchen,汽车旁 next to a car,树下 under a tree,城市里 in the city,院子里 in the yard,路上 on the road,马路上 on the road,空中 in the air,桥上 on a bridge,建筑物前 in front of a building,墙前 in front of a wall,沙发上 on a couch,床上 on a bed,操场上 on a playground,船上 on a boat,雨中 in the rain,夜晚的街上 on the street at night,夕阳下 at sunset"


def words(line: str) -> list[tuple[str, str]]:
    return [(chinese, english) for chinese, _, english in (entry.partition(" ") for entry in line.split(","))]


def a(english: str) -> str:
    return f"an {english}" if english[0] in "aeiou" else f"a {english}"


def sentences(count: int, seed: int) -> list[tuple[str, str]]:
    """Different (Chinese, English) sentences."""
    rng = random.Random(seed)

    def pick(line: str) -> tuple[str, str]:
        return rng.choice(words(line))

    def person() -> tuple[str, str]:
        kind = rng.random()
        if kind < 0.3:
            return pick(GROUPS)
        chinese, english = pick(PEOPLE)
        if kind < 0.45:
            return f"一个{chinese}", a(english)
        colour, cloth = pick(COLOURS), pick(CLOTHES)
        wears = "戴" if cloth[0] in ("帽子", "头盔") else "穿"
        worn = rng.choice([f"{wears}着{colour[0]}{cloth[0]}", f"{wears}{colour[0]}{cloth[0]}", f"{wears}着{colour[0]}的{cloth[0]}"])
        said = rng.choice([f"in a {colour[1]} {cloth[1]}", f"wearing a {colour[1]} {cloth[1]}"]).replace("a orange", "an orange")
        return f"一个{worn}的{chinese}", f"{a(english)} {said}"

    def animal() -> tuple[str, str]:
        (chinese, english), colour = pick(ANIMALS), pick(COLOURS)
        unit = "匹" if chinese == "马" else "只"
        kind = rng.random()
        if kind < 0.3:
            return f"一{unit}{chinese}", a(english)
        if kind < 0.5:
            return f"两{unit}{chinese}", f"two {'puppies' if english == 'puppy' else english + 's'}"
        return f"一{unit}{colour[0]}的{chinese}", a(f"{colour[1]} {english}")

    found: dict[str, str] = {}
    while len(found) < count:
        (who, named), (where, place) = person(), pick(PLACES)
        (does, doing) = pick(MOVES if rng.random() < 0.5 else SPORTS)
        if rng.random() < 0.35:
            (who, named), (does, doing) = animal(), pick(ANIMAL_MOVES)
        many = named.startswith(("two ", "three ", "several ", "many ", "people"))
        if many:
            doing = doing.replace("its mouth", "their mouths")
        verb = "are" if many else "is"
        shape = rng.random()
        end = rng.choice(["", "。"])
        stop = "." if end else ""
        if shape < 0.7:
            found[f"{who}{rng.choice(['在', '正在'])}{where}{does}{end}"] = f"{named} {verb} {doing} {place}{stop}"
        elif shape < 0.85:
            found[f"{who}{rng.choice(['在', '正在'])}{does}{end}"] = f"{named} {verb} {doing}{stop}"
        else:
            found[f"{who}在{where}{end}"] = f"{named} {place}{stop}"
    return list(found.items())
