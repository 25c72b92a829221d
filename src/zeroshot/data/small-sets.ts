/** The classes of CIFAR-10 (Krizhevsky 2009). */
export const CIFAR10 = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/** The classes of the "Clothing dataset" (small, ten classes; CC0): folder names and the words people use. */
export const CLOTHING: readonly (readonly [id: string, name: string])[] = [
  ["dress", "dress"],
  ["hat", "hat"],
  ["longsleeve", "long-sleeved top"],
  ["outwear", "jacket or coat"],
  ["pants", "pants"],
  ["shirt", "shirt"],
  ["shoes", "shoes"],
  ["shorts", "shorts"],
  ["skirt", "skirt"],
  ["t-shirt", "t-shirt"],
];

/** Findings of chest X-rays (NIH ChestX-ray8 and public COVID collections): folder names and words. */
export const CHEST_XRAY: readonly (readonly [id: string, name: string])[] = [
  ["covid-19", "covid-19"],
  ["no_findings", "no findings"],
  ["pneumonia", "pneumonia"],
];

/** Things and beings of an ordinary day, as plain nouns. */
export const EVERYDAY = (
  "person,man,woman,child,baby,group of people,face,hand,dog,cat,bird,horse,cow,sheep,fish,insect,butterfly,flower," +
  "tree,plant,grass,mushroom,fruit,apple,banana,orange,strawberry,vegetable,tomato,carrot,salad,bread,cake,pizza,sandwich," +
  "soup,meat,egg,cheese,ice cream,cup of coffee,cup of tea,glass of water,bottle,beer,wine,plate,bowl,knife,fork,spoon,pan," +
  "stove,refrigerator,table,chair,sofa,bed,lamp,clock,mirror,window,door,stairs,book,newspaper,letter,pen,scissors,key," +
  "money,bag,suitcase,umbrella,hat,glasses,shoe,shirt,dress,jacket,trousers,watch,ring,telephone,computer,keyboard," +
  "television,camera,headphones,guitar,piano,ball,toy,doll,bicycle,motorcycle,car,bus,truck,train,airplane,boat,rocket," +
  "traffic light,road,bridge,house,tall building,church,shop,garden,beach,mountain,lake,river,forest,desert,snow,sky," +
  "cloud,sunset,fire,map,drawing,sign with writing,screenshot"
).split(",");

/** Where a photo was taken. */
export const SCENES = (
  "kitchen,living room,bedroom,bathroom,office,classroom,restaurant,supermarket,hospital,factory,warehouse,gym,theatre," +
  "museum,library,airport,train station,parking lot,city street,village,park,garden,playground,sports field,stadium," +
  "beach,sea,lake,river,waterfall,forest,mountain,desert,snowy landscape,field,farm,cave,night sky,construction site,harbour"
).split(",");
