/**
 * Words that show which language a label in Latin letters is in: `little` words (articles, prepositions), common `nouns` of labels, and
 * `letters` that English words are not written with. Words that are English ones, too (German "die", French "chat"), are left out: one
 * of them would call an English label foreign. Nouns of several languages stand in each.
 */
interface LanguageWords {
  readonly little: string;
  readonly nouns: string;
  readonly letters: string;
}

export const LANGUAGE_WORDS: Readonly<Record<string, LanguageWords>> = {
  en: {
    little: "the of with and on in at by from for or an is are this that to",
    nouns: `dog dogs cat cats bird birds horse car cars bus train bicycle house tree trees flower flowers water bread apple fish
      book chair table bed shoe shoes woman man child children street mountain sea photo picture person people cup bottle
      food plane boat dress shirt hat clock door window bridge beach`,
    letters: "",
  },
  es: {
    little: "el los las una unos del con para por que y de la un en",
    nouns: `perro perra gato gata pájaro caballo coche tren bicicleta casa árbol flor flores agua manzana pescado libro silla       cama zapato zapatos mujer hombre niño niña calle montaña playa foto botella avión barco vestido camisa reloj
      puerta ventana puente vaca oveja pollo cielo sol luna perros gatos`,
    letters: "ñ¿¡",
  },
  fr: {
    little: "le la les une des du et avec dans sur aux un de en au est",
    nouns: `chien chienne oiseau cheval voiture vélo maison arbre fleur fleurs eau pomme poisson livre chaise chaussure
      chaussures femme homme enfant montagne mer plage personne bouteille avion bateau chemise chapeau horloge porte
      fenêtre pont vache mouton poulet ciel soleil lune chiens chats`,
    letters: "çœêâûùëï",
  },
  de: {
    little: "der das und mit einem einer ein eine auf für von dem im ist zum zur",
    nouns: `hund hunde katze katzen vogel pferd fahrrad haus baum blume blumen wasser brot apfel fisch buch stuhl tisch bett
      schuh schuhe frau mann kinder straße mensch menschen flasche flugzeug schiff kleid hemd uhr tür
      fenster brücke kuh schaf huhn himmel sonne mond zug bild`,
    letters: "ßäöü",
  },
  it: {
    little: "il lo gli una della dello del di con per che nel un la le e",
    nouns: `gatto gatti uccello cavallo macchina treno bicicletta albero fiore fiori acqua mela pesce libro sedia tavolo letto scarpa
      scarpe donna uomo bambino strada montagna spiaggia bottiglia aereo barca vestito camicia cappello orologio
      finestra ponte mucca pecora pollo cielo luna cani`,
    letters: "ìò",
  },
  pt: {
    little: "o os uma da dos das para não em um e de",
    nouns: `cachorro cão gato pássaro cavalo carro comboio trem bicicleta casa árvore flor água maçã peixe livro cadeira cama
      sapato sapatos mulher homem criança rua montanha praia pessoa garrafa avião barco vestido camisa chapéu relógio janela
      ponte vaca ovelha frango céu lua`,
    letters: "ãõ",
  },
  nl: {
    little: "het een en voor op de naar aan",
    nouns: `hond honden kat katten vogel paard fiets huis bloem bloemen appel vis boek stoel tafel schoen schoenen vrouw straat
      zee fles vliegtuig schip jurk klok deur raam brug koe schaap kip hemel zon maan trein`,
    letters: "ĳ",
  },
  pl: {
    little: "w na z nie jest dla przez ze",
    nouns: `kot ptak koń samochód pociąg dom drzewo kwiat kwiaty woda chleb jabłko ryba książka krzesło stół łóżko       kobieta mężczyzna dziecko ulica góra morze plaża osoba butelka samolot statek sukienka koszula kapelusz zegar drzwi okno
      krowa owca kurczak niebo słońce księżyc`,
    letters: "łąęśćźżń",
  },
  tr: {
    little: "bir ve ile bu için olan",
    nouns: `köpek kedi kuş araba tren bisiklet ağaç çiçek su ekmek elma balık kitap sandalye masa yatak ayakkabı kadın çocuk
      sokak dağ deniz insan şişe uçak gemi elbise gömlek şapka saat kapı pencere köprü inek koyun tavuk gökyüzü güneş`,
    letters: "ğışİ",
  },
  sv: {
    little: "och en ett med av på som är",
    nouns: `hund hundar katt katter fågel häst bil tåg cykel träd blomma blommor vatten bröd äpple fisk stol bord säng skor
      kvinna gata hav människa flaska flygplan båt klänning skjorta klocka dörr fönster ko kyckling himmel
      måne`,
    letters: "åäö",
  },
  id: {
    little: "yang dan di dengan untuk sebuah seorang seekor dari",
    nouns: `anjing kucing burung kuda mobil kereta sepeda rumah pohon bunga apel ikan buku kursi meja sepatu wanita pria anak
      jalan gunung laut pantai botol pesawat kapal baju pintu jendela jembatan sapi domba ayam langit matahari bulan`,
    letters: "",
  },
  vi: {
    little: "và của một với các trên là",
    nouns: `chó mèo chim ngựa xe nhà cây hoa nước bánh táo cá sách ghế bàn giường giày`,
    letters: "đơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
  },
  cs: {
    little: "ve pro je",
    nouns: `pes kočka pták kůň vlak kolo dům strom květina voda chléb jablko ryba kniha židle stůl postel bota boty žena muž dítě
      ulice hora moře pláž láhev letadlo loď šaty košile klobouk hodiny dveře okno kráva ovce kuře nebe slunce měsíc`,
    letters: "řěůťď",
  },
};
