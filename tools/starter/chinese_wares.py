"""What shops sell and what stands about in homes and streets, in both languages: names with their synonyms, alone, in pairs, with colours and in
prompts. Dictionaries gloss such words, but seldom say that two of them are one thing, or what several of them together mean."""

from __future__ import annotations

import random

from chinese_sentences import COLOURS, a, words

# English=Chinese/other Chinese, a measure word before each group.
CLOTHES = {
    "件": "shirt=衬衫/衬衣, dress shirt=正装衬衫, plaid shirt=格子衬衫/格纹衬衫, t-shirt=T恤/T恤衫/短袖T恤/圆领T恤/短袖, long-sleeved top=长袖上衣/长袖T恤/长袖衫/长袖, long-sleeved shirt=长袖衬衫, short-sleeved shirt=短袖衬衫/短袖, polo shirt=POLO衫/翻领T恤, tank top=背心/吊带背心, undershirt=汗衫/背心, vest=马甲/背心, blouse=女式衬衫/女衬衫, sweater=毛衣/针织衫/套头衫, cardigan=开衫/针织开衫, sweatshirt=卫衣/运动衫, hoodie=连帽衫/连帽卫衣, jacket=夹克/外套/夹克衫, coat=大衣/外衣, overcoat=大衣/呢子大衣, down jacket=羽绒服, raincoat=雨衣, trench coat=风衣, windbreaker=风衣/防风外套, leather jacket=皮夹克/皮衣, denim jacket=牛仔外套/牛仔夹克, outerwear=外套/外衣, blazer=西装外套/西装上衣, suit=西装/西服/套装, wedding dress=婚纱, evening gown=晚礼服, bathrobe=浴袍, swimsuit=泳衣/泳装, bikini=比基尼, bra=胸罩/文胸, underwear=内衣, top=上衣, jersey=球衣, uniform=制服, kimono=和服, cloak=斗篷, poncho=雨披/斗篷, apron=围裙",
    "条": "dress=连衣裙/裙子/长裙, summer dress=夏季连衣裙, skirt=短裙/半身裙/裙子, miniskirt=超短裙/迷你裙, long skirt=长裙, pleated skirt=百褶裙, pants=裤子/长裤, trousers=长裤/裤子, jeans=牛仔裤, shorts=短裤, sweatpants=运动裤, leggings=打底裤/紧身裤, tights=连裤袜, overalls=背带裤, swimming trunks=泳裤, scarf=围巾, tie=领带, belt=腰带/皮带",
    "双": "shoes=鞋子/鞋, sneakers=运动鞋, running shoes=跑鞋, leather shoes=皮鞋, high heels=高跟鞋, sandals=凉鞋, slippers=拖鞋, flip-flops=人字拖, boots=靴子, rain boots=雨靴/雨鞋, socks=袜子/短袜, stockings=长袜/长筒袜, gloves=手套",
    "顶": "hat=帽子, cap=鸭舌帽/便帽, baseball cap=棒球帽, straw hat=草帽, sun hat=遮阳帽/太阳帽, beanie=毛线帽/针织帽, helmet=头盔",
}
GOODS = {
    "个": "backpack=背包/双肩包, handbag=手提包/女包, suitcase=行李箱/旅行箱, wallet=钱包, purse=钱包/手袋, umbrella=雨伞, watch=手表/腕表, ring=戒指, necklace=项链, bracelet=手镯/手链, sunglasses=太阳镜/墨镜, glasses=眼镜, cup=杯子/水杯, mug=马克杯/杯子, coffee cup=咖啡杯, bottle=瓶子, water bottle=水瓶, bowl=碗, plate=盘子, teapot=茶壶, pot=锅, frying pan=平底锅/煎锅, spoon=勺子, fork=叉子, knife=刀, basket=篮子, box=盒子/箱子, toy=玩具, doll=娃娃/洋娃娃, teddy bear=泰迪熊/玩具熊, ball=球, soccer ball=足球, basketball=篮球, tennis racket=网球拍, candle=蜡烛, vase=花瓶, lamp=台灯/灯, alarm clock=闹钟, clock=钟/时钟, mirror=镜子, pillow=枕头, blanket=毯子, towel=毛巾, carpet=地毯, curtain=窗帘, chair=椅子, armchair=扶手椅, stool=凳子, table=桌子, desk=书桌, sofa=沙发, bed=床, bookcase=书架/书柜, wardrobe=衣柜, refrigerator=冰箱, washing machine=洗衣机, microwave oven=微波炉, television=电视/电视机, computer=电脑/计算机, laptop=笔记本电脑, keyboard=键盘, computer mouse=鼠标, mobile phone=手机, telephone=电话, camera=相机/照相机, headphones=耳机, printer=打印机, book=书, notebook=笔记本, pen=钢笔/笔, pencil=铅笔, scissors=剪刀, guitar=吉他, piano=钢琴, grand piano=三角钢琴, violin=小提琴, drum=鼓, bicycle=自行车, car=汽车, truck=卡车/货车, bus=公共汽车/巴士, motorcycle=摩托车, airplane=飞机, ship=船/轮船, boat=船/小船, train=火车, apple=苹果, banana=香蕉, orange=橙子, strawberry=草莓, lemon=柠檬, pineapple=菠萝, pomegranate=石榴, grape=葡萄, watermelon=西瓜, peach=桃子, pear=梨, mango=芒果, tomato=西红柿/番茄, potato=土豆/马铃薯, carrot=胡萝卜, cabbage=卷心菜, cucumber=黄瓜, onion=洋葱, bell pepper=青椒/甜椒, mushroom=蘑菇, bread=面包, cake=蛋糕, cookie=饼干, pizza=披萨/比萨饼, hamburger=汉堡包/汉堡, hot dog=热狗, sandwich=三明治, ice cream=冰淇淋/冰激凌, milk=牛奶, yogurt=酸奶, cheese=奶酪, juice=果汁, coffee=咖啡, tea=茶, flower=花, rose=玫瑰, sunflower=向日葵, daisy=雏菊, shampoo=洗发水, soap=肥皂, toothbrush=牙刷, lipstick=口红, perfume=香水, hammer=锤子, screwdriver=螺丝刀, saw=锯子, broom=扫帚, bucket=水桶, ladder=梯子, hourglass=沙漏, rocking chair=摇椅, bathtub=浴缸, fence=栅栏, tractor=拖拉机, lawn mower=割草机, syringe=注射器, cannon=大炮, abacus=算盘",
}
PLACES_IN = "a photo of {}=一张{}的照片/{}的照片, a photo of {}.=一张{}的照片。, {} outdoors.=户外的{}。, {} in a room.=房间里的{}。, {} on a white background.=白色背景上的{}。/白底的{}, a product photo of {}.=一张{}的产品照片。, a shop sells {}.=商店出售{}。/商店里卖{}, {} on the shelf of a shop.=商店货架上的{}。, {} in a shopping cart.=购物车里的{}。, {} in a shopping bag.=购物袋里的{}。, a close-up photo of {}.=一张{}的特写照片。, {} on the floor=地板上的{}, {} on a table=桌子上的{}, {} on a bed=床上的{}, {} hanging on a hanger=挂在衣架上的{}, somebody is wearing {}=有人穿着{}, a woman in {}=一个穿{}的女人, a man in {}=一个穿{}的男人"
KINDS = "new 新的,old 旧的,big 大的,small 小的,beautiful 漂亮的,cheap 便宜的,leather 皮制的,cotton 棉的,wool 羊毛的,denim 牛仔的,striped 条纹的,plaid 格子的,children's 儿童,women's 女式,men's 男式,women's 女士,men's 男士,summer 夏季,winter 冬季,sports 运动"


def read(groups: dict[str, str]) -> list[tuple[str, list[str], str]]:
    """(English, its Chinese, measure word)."""
    found = []
    for unit, line in groups.items():
        for entry in line.split(", "):
            english, _, chinese = entry.partition("=")
            found.append((english, chinese.split("/"), unit))
    return found


def ware_names() -> list[tuple[str, str]]:
    """Every (Chinese, English) name alone."""
    return [(said, english) for english, chinese, _ in [*read(CLOTHES), *read(GOODS)] for said in chinese]


def wares(count: int, seed: int) -> list[tuple[str, str]]:
    """Different (Chinese, English) phrases."""
    rng = random.Random(seed)
    clothes, goods = read(CLOTHES), read(GOODS)
    frames = [(english, chinese.split("/")) for english, _, chinese in (entry.partition("=") for entry in PLACES_IN.split(", "))]
    colours, kinds = words(COLOURS), [(chinese, english) for english, _, chinese in (entry.partition(" ") for entry in KINDS.split(","))]
    plural = ("s", "wear", "clothing")

    def one() -> tuple[str, str, bool, str]:
        """Chinese, English, whether it stands without an article, measure word."""
        worn = rng.random() < 0.65
        english, chinese, unit = rng.choice(clothes if worn else goods)
        said = rng.choice(chinese)
        kind = rng.random()
        if kind < 0.2:
            colour = rng.choice(colours)
            said, english = f"{colour[0]}{rng.choice(['', '的'])}{said}", f"{colour[1]} {english}"
        elif kind < 0.32 and worn:
            colour = rng.choice(kinds)
            said, english = f"{colour[0]}{said}", f"{colour[1]} {english}"
        return said, english, english.endswith(plural) and not english.endswith(("dress", "glass")), unit

    found: dict[str, str] = {}
    while len(found) < count:
        chinese, english, bare, unit = one()
        kind = rng.random()
        if kind < 0.25:
            found[chinese] = english
        elif kind < 0.4:
            found[f"一{unit}{chinese}"] = (f"a pair of {english}" if unit == "双" else english if bare else a(english))
        elif kind < 0.6:
            other = one()
            joined, between = rng.choice([("或", "or"), ("和", "and"), ("或者", "or"), ("与", "and"), ("、", "and")])
            found[f"{chinese}{joined}{other[0]}"] = f"{english} {between} {other[1]}"
        else:
            frame, said = rng.choice(frames)
            found[rng.choice(said).format(chinese)] = frame.format(english if bare else a(english))
    return list(found.items())
