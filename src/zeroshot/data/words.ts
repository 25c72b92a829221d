const words = (list: string): ReadonlySet<string> => new Set(list.split(/\s+/));

/** Nouns that have no article and no plural: stuff, and collections that are counted by something else. */
export const MASS_NOUNS = words(
  `accommodation advice aerobics air aluminium apparel architecture art artillery asphalt athletics bacon
  baggage bamboo barbecue bark basil bedding beef beer bleach blood brass bread broccoli bronze butter
  calligraphy camouflage candy caramel cardboard carpeting cash caviar celery cement ceramics cereal chalk
  champagne charcoal cheese chess chinaware chocolate cider cilantro cinnamon clay clothing coal cocoa coffee
  concrete confetti copper coral corduroy corn cotton couscous cream crockery cutlery dandruff debris decor
  denim deodorant detergent dew dirt dough dust dye electronics equipment fabric fencing fiberglass fire
  firewood flannel flooring flour foam fog foliage food formula fruit fudge fur furniture garbage garlic
  gasoline gel gelatin ginger glassware glitter glue gold graffiti granite granola graphics graphite grass
  gravel gravy guacamole gum gunpowder gymnastics hail hair ham hardware hay haze hemp honey hummus ice ink
  insulation ivory jade jam jelly jewellery jewelry juice kale kelp ketchup knitwear lace laminate lava lead
  leather lettuce lightning linen lingerie lotion luggage lumber machinery magma mail makeup marble marijuana
  marmalade mascara mayonnaise meat medicine merchandise metal milk mist moisturizer money moss mud muslin
  mustard mutton news nougat nylon oatmeal oil okra optics origami outerwear ozone packaging paint paper
  parsley pasta pavement perfume pewter plaster plastic plywood politics polyester popcorn porcelain pork
  porridge pottery poultry powder produce quartz quinoa rain rhubarb rice rubber rum rust sake salt sand satin
  sauce scenery seafood seaweed shampoo shortbread silk silver slate sleet smoke snow soap software soil soot
  soup soy spaghetti spinach stationery steam steel straw suede sugar sunlight sunscreen sushi tar tea tempeh
  thread thunder timber tinfoil tinsel toast tobacco tofu toothpaste traffic trash tulle turf turquoise
  underwear upholstery varnish veal vegetation vinegar vinyl vodka waste water wax weather wheat whiskey
  whisky wildlife wine wood wool yarn yoghurt yogurt zinc`,
);

/** Nouns that are plural as they stand and do not end in s. */
export const PLURALS_WITHOUT_S = words(
  `skis people men women children feet teeth geese mice oxen lice police cattle fungi cacti nuclei larvae algae media data
  bacteria phenomena criteria dice alumni`,
);

/** Nouns that end in s and are one thing. */
export const SINGULARS_WITH_S = words(
  `bus minibus trolleybus omnibus lens gas iris canvas atlas christmas pancreas bias cosmos chaos rhinoceros albatross
  asparagus octopus platypus hippopotamus walrus cactus crocus hibiscus lotus virus campus circus abacus papyrus
  citrus fetus sinus status stylus bonus census virus compass mantis tennis pelvis clitoris penis oasis basis crisis
  thermos tripos bathos kudos series species gallows triceratops crossroads headquarters barracks ibis trellis chassis debris
  analysis diagnosis covid-19 pneumothorax mess chess swiss bass glass mattress dress hostess waitress actress fortress
  gymnastics athletics news mathematics physics politics pus hummus plus`,
);

/** One → many, where no rule says it. */
export const IRREGULAR_PLURALS: ReadonlyMap<string, string> = new Map(
  `person people|man men|woman women|child children|foot feet|tooth teeth|goose geese|mouse mice|louse lice|ox oxen
  |die dice|cactus cacti|fungus fungi|larva larvae|bus buses|gas gases|lens lenses|oasis oases|basis bases|crisis crises
  |analysis analyses|diagnosis diagnoses|axis axes|quiz quizzes|knife knives|wife wives|life lives|leaf leaves|wolf wolves
  |shelf shelves|bookshelf bookshelves|loaf loaves|calf calves|half halves|scarf scarves|thief thieves|elf elves|hoof hooves
  |tomato tomatoes|potato potatoes|hero heroes|echo echoes|mango mangoes|torpedo torpedoes|tornado tornadoes
  |volcano volcanoes|mosquito mosquitoes|buffalo buffaloes|domino dominoes|fish fish|sheep sheep|deer deer|aircraft aircraft
  |spacecraft spacecraft|series series|species species|offspring offspring|swine swine|bison bison|moose moose|salmon salmon
  |trout trout|squid squid|shrimp shrimp|headquarters headquarters|crossroads crossroads|human humans|german germans
  |talisman talismans|caiman caimans|ottoman ottomans|roman romans|shaman shamans`
    .split("|")
    .map((pair) => pair.trim().split(" ") as [string, string]),
);
