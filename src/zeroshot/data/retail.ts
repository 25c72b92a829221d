/**
 * What shops sell: departments (`#`), categories (`##`), and under each the product groups, English | Chinese. Written for
 * zeroclip; a product group is what a person would call the thing in a photo.
 */
export const RETAIL = `
# clothing | 服装
## tops | 上衣
t-shirt | T恤; shirt | 衬衫; blouse | 女式衬衫; polo shirt | Polo衫; tank top | 背心; crop top | 短款上衣; tunic | 长款上衣
## knitwear | 针织衫
sweater | 毛衣; cardigan | 开衫; hoodie | 连帽卫衣; sweatshirt | 卫衣; knitted vest | 针织背心; turtleneck sweater | 高领毛衣
## jackets and coats | 外套
winter coat | 冬季大衣; trench coat | 风衣; raincoat | 雨衣; down jacket | 羽绒服; leather jacket | 皮夹克; denim jacket | 牛仔夹克; blazer | 西装外套; fleece jacket | 抓绒外套
## trousers | 裤装
jeans | 牛仔裤; chinos | 休闲裤; shorts | 短裤; leggings | 打底裤; sweatpants | 运动裤; cargo pants | 工装裤; dungarees | 背带裤
## dresses and skirts | 裙装
dress | 连衣裙; evening gown | 晚礼服; skirt | 半身裙; pleated skirt | 百褶裙; wedding dress | 婚纱; sundress | 吊带连衣裙; cheongsam | 旗袍
## suits | 套装
suit | 西装; waistcoat | 西装马甲; tuxedo | 无尾礼服; jumpsuit | 连体裤
## underwear and nightwear | 内衣睡衣
bra | 文胸; underpants | 内裤; socks | 袜子; tights | 连裤袜; pajamas | 睡衣; bathrobe | 浴袍; thermal underwear | 保暖内衣
## swimwear | 泳装
bikini | 比基尼; swimsuit | 连体泳衣; swim trunks | 泳裤
# shoes and accessories | 鞋类与配饰
## shoes | 鞋
sneakers | 运动鞋; running shoes | 跑鞋; high heels | 高跟鞋; loafers | 乐福鞋; ankle boots | 短靴; rain boots | 雨靴; sandals | 凉鞋; flip-flops | 人字拖; slippers | 拖鞋; leather dress shoes | 正装皮鞋; hiking boots | 登山靴; ballet flats | 芭蕾平底鞋
## bags | 箱包
handbag | 手提包; backpack | 双肩包; suitcase | 行李箱; wallet | 钱包; tote bag | 托特包; shoulder bag | 单肩包; briefcase | 公文包; belt bag | 腰包; travel bag | 旅行包
## jewelry and watches | 珠宝与手表
ring | 戒指; necklace | 项链; earrings | 耳环; bracelet | 手链; brooch | 胸针; wristwatch | 手表; smartwatch | 智能手表
## headwear | 帽子
baseball cap | 棒球帽; knitted beanie | 针织帽; straw hat | 草帽; sun hat | 遮阳帽
## small accessories | 小配饰
scarf | 围巾; gloves | 手套; belt | 皮带; necktie | 领带; bow tie | 领结; sunglasses | 太阳镜; eyeglasses | 眼镜; umbrella | 雨伞; hair clip | 发夹
# beauty and health | 美妆与健康
## make-up | 彩妆
lipstick | 口红; mascara | 睫毛膏; eyeshadow palette | 眼影盘; foundation bottle | 粉底液; blush compact | 腮红; nail polish | 指甲油; eyeliner pencil | 眼线笔; makeup brush | 化妆刷
## skin care | 护肤
face cream jar | 面霜; face mask sheet | 面膜; facial cleanser | 洁面乳; sunscreen | 防晒霜; body lotion | 身体乳; serum bottle | 精华液; lip balm | 润唇膏
## hair care | 护发
shampoo | 洗发水; hair conditioner | 护发素; hair dye | 染发剂; hairbrush | 发梳; hair dryer | 吹风机; hair straightener | 直发器
## personal care | 个人护理
perfume bottle | 香水; toothbrush | 牙刷; toothpaste | 牙膏; razor | 剃须刀; electric shaver | 电动剃须刀; deodorant | 香体剂; bar of soap | 香皂; shower gel | 沐浴露; sanitary pads | 卫生巾
## health | 保健
bottle of pills | 瓶装药片; vitamin supplements | 维生素补充剂; first-aid kit | 急救箱; adhesive bandages | 创可贴; digital thermometer | 电子体温计; blood pressure monitor | 血压计; surgical masks | 医用口罩
# food | 食品
## fruit | 水果
apples | 苹果; bananas | 香蕉; oranges | 橙子; grapes | 葡萄; strawberries | 草莓; watermelon | 西瓜; mangoes | 芒果; lemons | 柠檬; pears | 梨; pineapple | 菠萝; kiwifruit | 猕猴桃; lychees | 荔枝
## vegetables | 蔬菜
tomatoes | 西红柿; potatoes | 土豆; carrots | 胡萝卜; onions | 洋葱; cucumbers | 黄瓜; lettuce | 生菜; broccoli | 西兰花; bell peppers | 甜椒; mushrooms | 蘑菇; Chinese cabbage | 大白菜; garlic | 大蒜; corn on the cob | 玉米
## meat and fish | 肉类与水产
raw beef | 牛肉; raw pork | 猪肉; raw chicken | 鸡肉; sausages | 香肠; bacon | 培根; fresh fish | 鲜鱼; shrimp | 虾; crab | 螃蟹; canned fish | 鱼罐头
## dairy and eggs | 乳制品与蛋类
carton of milk | 盒装牛奶; cheese | 奶酪; yogurt cup | 酸奶; butter | 黄油; carton of eggs | 盒装鸡蛋
## bakery | 烘焙食品
loaf of bread | 面包; croissant | 可颂; bagel | 贝果; birthday cake | 生日蛋糕; cookies | 饼干; doughnut | 甜甜圈; muffin | 玛芬蛋糕
## pantry | 粮油调味
bag of rice | 袋装大米; pasta | 意大利面; instant noodles | 方便面; bag of flour | 面粉; cooking oil | 食用油; soy sauce | 酱油; ketchup | 番茄酱; jar of honey | 蜂蜜; jar of jam | 果酱; spices | 香料; breakfast cereal | 早餐麦片; canned beans | 豆类罐头
## snacks | 零食
potato chips | 薯片; chocolate bar | 巧克力; candy | 糖果; nuts | 坚果; popcorn | 爆米花; dried fruit | 果干; chewing gum | 口香糖; ice cream | 冰淇淋
## frozen and ready meals | 速冻与方便食品
frozen pizza | 冷冻披萨; frozen dumplings | 速冻水饺; french fries | 薯条; salad bowl | 沙拉; sandwich | 三明治; sushi box | 寿司
# drinks | 饮料
## hot drinks | 热饮
coffee beans | 咖啡豆; instant coffee | 速溶咖啡; tea bags | 茶包; loose leaf tea | 散装茶叶; cocoa powder | 可可粉
## soft drinks | 软饮料
bottled water | 瓶装水; cola can | 可乐; fruit juice | 果汁; energy drink | 能量饮料; soy milk | 豆奶; sports drink | 运动饮料
## alcohol | 酒类
bottle of red wine | 红葡萄酒; bottle of white wine | 白葡萄酒; beer bottle | 啤酒; champagne | 香槟; whisky | 威士忌; baijiu | 白酒; liqueur | 利口酒
# furniture | 家具
## seating | 沙发与座椅
sofa | 沙发; armchair | 扶手椅; dining chair | 餐椅; office chair | 办公椅; bar stool | 吧台椅; bench | 长凳; bean bag chair | 懒人沙发; rocking chair | 摇椅
## tables | 桌子
dining table | 餐桌; coffee table | 茶几; desk | 书桌; bedside table | 床头柜; dressing table | 梳妆台
## beds | 床与床垫
double bed | 双人床; bunk bed | 双层床; mattress | 床垫; baby crib | 婴儿床
## storage | 收纳家具
wardrobe | 衣柜; bookshelf | 书架; chest of drawers | 斗柜; TV stand | 电视柜; shoe rack | 鞋架; coat rack | 衣帽架
# home and kitchen | 家居与厨房
## cookware | 锅具
frying pan | 平底煎锅; saucepan | 长柄汤锅; wok | 炒锅; baking tray | 烤盘; pressure cooker | 压力锅; kettle | 烧水壶
## tableware | 餐具
plate | 盘子; bowl | 碗; mug | 马克杯; wine glass | 葡萄酒杯; cutlery set | 刀叉餐具套装; chopsticks | 筷子; teapot | 茶壶; water bottle | 水瓶; lunch box | 饭盒; vacuum flask | 保温瓶
## kitchen tools | 厨房用具
kitchen knife | 菜刀; cutting board | 砧板; rolling pin | 擀面杖; colander | 沥水篮; whisk | 打蛋器; can opener | 开罐器; kitchen scale | 厨房秤; food storage container | 保鲜盒
## bedding and textiles | 床品与布艺
pillow | 枕头; duvet | 被子; bed sheets | 床单; blanket | 毯子; towel | 毛巾; curtains | 窗帘; carpet | 地毯; cushion | 靠垫; tablecloth | 桌布
## decoration | 家居装饰
picture frame | 相框; vase | 花瓶; scented candle | 香薰蜡烛; wall clock | 挂钟; mirror | 镜子; artificial flowers | 仿真花; wall poster | 装饰海报
## lighting | 灯具
table lamp | 台灯; floor lamp | 落地灯; ceiling lamp | 吸顶灯; light bulb | 灯泡; string lights | 灯串; flashlight | 手电筒
## cleaning | 清洁用品
laundry detergent | 洗衣液; dish soap | 洗洁精; broom | 扫帚; mop | 拖把; trash can | 垃圾桶; sponge | 清洁海绵; toilet paper | 卫生纸; paper towels | 厨房纸巾; laundry basket | 洗衣篮; ironing board | 熨衣板
# appliances | 家用电器
## large appliances | 大家电
refrigerator | 冰箱; washing machine | 洗衣机; tumble dryer | 烘干机; dishwasher | 洗碗机; oven | 烤箱; gas stove | 燃气灶; air conditioner | 空调; freezer chest | 冰柜
## small kitchen appliances | 厨房小家电
microwave oven | 微波炉; toaster | 烤面包机; blender | 搅拌机; coffee machine | 咖啡机; rice cooker | 电饭煲; electric kettle | 电热水壶; air fryer | 空气炸锅; stand mixer | 厨师机; juicer | 榨汁机
## home appliances | 生活电器
vacuum cleaner | 吸尘器; robot vacuum | 扫地机器人; clothes iron | 电熨斗; electric fan | 电风扇; space heater | 取暖器; air purifier | 空气净化器; humidifier | 加湿器; sewing machine | 缝纫机
# electronics | 电子产品
## phones and tablets | 手机与平板
smartphone | 智能手机; phone case | 手机壳; tablet computer | 平板电脑; power bank | 充电宝; charging cable | 充电线; phone charger | 手机充电器; e-book reader | 电子书阅读器
## computers | 电脑
laptop | 笔记本电脑; desktop computer | 台式电脑; computer monitor | 显示器; computer keyboard | 键盘; computer mouse | 鼠标; printer | 打印机; Wi-Fi router | 路由器; USB flash drive | U盘; hard disk drive | 硬盘; graphics card | 显卡
## audio | 音响设备
headphones | 头戴式耳机; wireless earbuds | 无线耳机; Bluetooth speaker | 蓝牙音箱; soundbar | 回音壁音箱; record player | 黑胶唱机; microphone | 麦克风; radio | 收音机
## TV and video | 电视与影音
television | 电视机; projector | 投影仪; remote control | 遥控器; game console | 游戏主机; game controller | 游戏手柄; virtual reality headset | VR头显
## cameras | 相机
digital camera | 数码相机; camera lens | 相机镜头; tripod | 三脚架; camera drone | 航拍无人机; security camera | 监控摄像头; instant camera | 拍立得相机
# toys and baby | 玩具与母婴
## toys | 玩具
teddy bear | 泰迪熊; doll | 洋娃娃; building blocks | 积木; toy car | 玩具汽车; jigsaw puzzle | 拼图; board game | 桌游; playing cards | 扑克牌; toy train set | 玩具火车; action figure | 可动人偶; kite | 风筝; remote-control car | 遥控车
## baby care | 婴儿护理
diapers | 纸尿裤; baby bottle | 奶瓶; pacifier | 安抚奶嘴; baby stroller | 婴儿推车; high chair | 儿童餐椅; child car seat | 儿童安全座椅; baby food jar | 婴儿辅食; infant formula | 婴儿配方奶粉
## baby clothes | 婴儿服装
baby bodysuit | 婴儿连体衣; baby shoes | 婴儿鞋; baby bib | 婴儿围嘴
# sports and outdoors | 运动与户外
## fitness | 健身
dumbbells | 哑铃; yoga mat | 瑜伽垫; treadmill | 跑步机; exercise bike | 健身单车; jump rope | 跳绳; kettlebell | 壶铃; resistance bands | 弹力带
## ball games | 球类运动
football | 足球; basketball | 篮球; volleyball | 排球; tennis racket | 网球拍; badminton racket | 羽毛球拍; table tennis bat | 乒乓球拍; baseball glove | 棒球手套; golf clubs | 高尔夫球杆; bowling ball | 保龄球
## camping | 露营
tent | 帐篷; sleeping bag | 睡袋; camping stove | 露营炉具; camping chair | 露营椅; cooler box | 保温箱; headlamp | 头灯
## cycling | 骑行
mountain bike | 山地自行车; road bike | 公路自行车; electric bicycle | 电动自行车; bicycle helmet | 骑行头盔; children's bicycle | 儿童自行车; bicycle pump | 打气筒
## water and winter sports | 水上与冰雪运动
surfboard | 冲浪板; swimming goggles | 泳镜; kayak | 皮划艇; life jacket | 救生衣; skis | 双板滑雪板; snowboard | 单板滑雪板; ice skates | 冰鞋; fishing rod | 鱼竿; skateboard | 滑板; roller skates | 轮滑鞋
# books, office and music | 图书、办公与乐器
## books and media | 图书音像
book | 书; magazine | 杂志; comic book | 漫画书; vinyl record | 黑胶唱片; greeting card | 贺卡; wall calendar | 挂历
## office supplies | 办公用品
ballpoint pen | 圆珠笔; pencil | 铅笔; notebook | 笔记本; stapler | 订书机; scissors | 剪刀; ring binder | 活页夹; sticky notes | 便利贴; calculator | 计算器; paper clips | 回形针; packing tape | 封箱胶带; globe | 地球仪
## art supplies | 美术用品
paintbrushes | 画笔; watercolor paints | 水彩颜料; colored pencils | 彩色铅笔; easel | 画架; ball of yarn | 毛线团; crayons | 蜡笔
## musical instruments | 乐器
acoustic guitar | 原声吉他; electric guitar | 电吉他; digital piano | 电钢琴; violin | 小提琴; drum kit | 架子鼓; flute | 长笛; saxophone | 萨克斯; ukulele | 尤克里里; harmonica | 口琴
# tools and garden | 工具与园艺
## hand tools | 手动工具
hammer | 锤子; screwdriver | 螺丝刀; wrench | 扳手; pliers | 钳子; handsaw | 手锯; tape measure | 卷尺; toolbox | 工具箱; spirit level | 水平尺; utility knife | 美工刀
## power tools | 电动工具
cordless drill | 充电式电钻; circular saw | 电圆锯; angle grinder | 角磨机; chainsaw | 链锯; sander | 砂光机
## hardware and paint | 五金与涂料
screws | 螺丝; nails | 钉子; padlock | 挂锁; door handle | 门把手; paint can | 油漆桶; ladder | 梯子; extension cord | 电源延长线; faucet | 水龙头; wall tiles | 瓷砖
## garden | 园艺
potted plant | 盆栽植物; flower bouquet | 花束; garden hose | 浇水软管; watering can | 洒水壶; lawn mower | 割草机; shovel | 铁锹; pruning shears | 修枝剪; flower pot | 花盆; garden gnome | 花园小矮人摆件; barbecue grill | 烧烤架; bag of seeds | 袋装种子; wheelbarrow | 手推车
# pets | 宠物用品
## pet food | 宠物食品
dog food | 狗粮; cat food | 猫粮; bird seed | 鸟食; fish food | 鱼食
## pet supplies | 宠物用具
dog leash | 狗牵引绳; pet collar | 宠物项圈; cat litter box | 猫砂盆; aquarium | 水族箱; bird cage | 鸟笼; pet bed | 宠物窝; cat tree | 猫爬架; pet carrier | 宠物航空箱; dog toy | 狗玩具; hamster cage | 仓鼠笼
# vehicles | 汽车与摩托车用品
## car parts | 汽车配件
car tire | 汽车轮胎; car battery | 汽车蓄电池; car wheel rim | 轮毂; motor oil | 机油; windshield wiper | 雨刷; car floor mats | 汽车脚垫; dashboard camera | 行车记录仪; jumper cables | 搭电线
## motorcycle gear | 摩托车装备
motorcycle helmet | 摩托车头盔; motorcycle gloves | 摩托车手套; motorcycle jacket | 摩托车夹克
`;
