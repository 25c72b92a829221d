/** The classes of CIFAR-10 (Krizhevsky 2009), in English and Chinese. */
export const CIFAR10 = [
  "airplane|飞机",
  "automobile|汽车",
  "bird|鸟",
  "cat|猫",
  "deer|鹿",
  "dog|狗",
  "frog|青蛙",
  "horse|马",
  "ship|船",
  "truck|卡车",
];

/** The classes of the "Clothing dataset" (small, ten classes; CC0): folder names, the words people use, and these in Chinese. */
export const CLOTHING: readonly (readonly [id: string, name: string, zh: string])[] = [
  ["dress", "dress", "连衣裙"],
  ["hat", "hat", "帽子"],
  ["longsleeve", "long-sleeved top", "长袖上衣"],
  ["outwear", "jacket or coat", "夹克或大衣"],
  ["pants", "pants", "裤子"],
  ["shirt", "shirt", "衬衫"],
  ["shoes", "shoes", "鞋"],
  ["shorts", "shorts", "短裤"],
  ["skirt", "skirt", "短裙"],
  ["t-shirt", "t-shirt", "T恤"],
];

/** Findings of chest X-rays (NIH ChestX-ray8 and public COVID collections): folder names and words. */
export const CHEST_XRAY: readonly (readonly [id: string, name: string])[] = [
  ["covid-19", "covid-19"],
  ["no_findings", "no findings"],
  ["pneumonia", "pneumonia"],
];

/** Things and beings of an ordinary day, as plain nouns, in English and Chinese. */
export const EVERYDAY = (
  "person|人,man|男人,woman|女人,child|孩子,baby|婴儿,group of people|一群人,face|脸,hand|手,dog|狗,cat|猫,bird|鸟,horse|马," +
  "cow|牛,sheep|羊,fish|鱼,insect|昆虫,butterfly|蝴蝶,flower|花,tree|树,plant|植物,grass|草,mushroom|蘑菇,fruit|水果," +
  "apple|苹果,banana|香蕉,orange|橙子,strawberry|草莓,vegetable|蔬菜,tomato|西红柿,carrot|胡萝卜,salad|沙拉,bread|面包,cake|蛋糕," +
  "pizza|披萨,sandwich|三明治,soup|汤,meat|肉,egg|鸡蛋,cheese|奶酪,ice cream|冰淇淋,cup of coffee|一杯咖啡,cup of tea|一杯茶," +
  "glass of water|一杯水,bottle|瓶子,beer|啤酒,wine|葡萄酒,plate|盘子,bowl|碗,knife|刀,fork|叉子,spoon|勺子,pan|平底锅,stove|炉子," +
  "refrigerator|冰箱,table|桌子,chair|椅子,sofa|沙发,bed|床,lamp|灯,clock|时钟,mirror|镜子,window|窗户,door|门,stairs|楼梯," +
  "book|书,newspaper|报纸,letter|信,pen|笔,scissors|剪刀,key|钥匙,money|钱,bag|包,suitcase|行李箱,umbrella|雨伞,hat|帽子," +
  "glasses|眼镜,shoe|鞋,shirt|衬衫,dress|连衣裙,jacket|夹克,trousers|裤子,watch|手表,ring|戒指,telephone|电话,computer|电脑," +
  "keyboard|键盘,television|电视,camera|照相机,headphones|耳机,guitar|吉他,piano|钢琴,ball|球,toy|玩具,doll|洋娃娃,bicycle|自行车," +
  "motorcycle|摩托车,car|汽车,bus|公共汽车,truck|卡车,train|火车,airplane|飞机,boat|船,rocket|火箭,traffic light|红绿灯,road|道路," +
  "bridge|桥,house|房子,tall building|高楼,church|教堂,shop|商店,garden|花园,beach|海滩,mountain|山,lake|湖,river|河," +
  "forest|森林,desert|沙漠,snow|雪,sky|天空,cloud|云,sunset|日落,fire|火,map|地图,drawing|图画,sign with writing|有文字的标志," +
  "screenshot|截图"
).split(",");

/** Where a photo was taken, in English and Chinese. */
export const SCENES = (
  "kitchen|厨房,living room|客厅,bedroom|卧室,bathroom|浴室,office|办公室,classroom|教室,restaurant|餐厅,supermarket|超市," +
  "hospital|医院,factory|工厂,warehouse|仓库,gym|健身房,theatre|剧院,museum|博物馆,library|图书馆,airport|机场," +
  "train station|火车站,parking lot|停车场,city street|城市街道,village|村庄,park|公园,garden|花园,playground|游乐场," +
  "sports field|运动场,stadium|体育场,beach|海滩,sea|大海,lake|湖,river|河,waterfall|瀑布,forest|森林,mountain|山,desert|沙漠," +
  "snowy landscape|雪景,field|田野,farm|农场,cave|洞穴,night sky|夜空,construction site|建筑工地,harbour|港口"
).split(",");
