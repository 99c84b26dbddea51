//! What the columns of a catalogue mean: the headers that people really write, in several languages.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use placet_core::{RelationKind, Role};

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The rightsholder's own id of the work.
    Id,
    /// The title.
    Title,
    /// What follows the title.
    Subtitle,
    /// What the work is.
    Kind,
    /// The language of the text.
    Language,
    /// Path of the file with the work, relative to the catalogue.
    File,
    /// Names of parties in a role.
    Credit(Role),
    /// Identifier of the first credited party: `isni`, `ipi`.
    PartyIdentifier(&'static str),
    /// Identifier of the work.
    Identifier(&'static str),
    /// Id of the work that this one records, translates, …
    Relation(RelationKind),
    /// Kept under its own name.
    Extra,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Id => f.write_str("id"),
            Field::Title => f.write_str("title"),
            Field::Subtitle => f.write_str("subtitle"),
            Field::Kind => f.write_str("kind"),
            Field::Language => f.write_str("language"),
            Field::File => f.write_str("file"),
            Field::Credit(role) => role.fmt(f),
            Field::PartyIdentifier(scheme) | Field::Identifier(scheme) => f.write_str(scheme),
            Field::Relation(kind) => kind.fmt(f),
            Field::Extra => f.write_str("extra"),
        }
    }
}

/// A word that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no field of a work; the fields are id, title, subtitle, kind, language, file, isbn, isrc, iswc, doi, iscc, \
     eidr, isan, url, isni, ipi, extra, the roles (author, translator, publisher, …) and the relations (translates, …)"
)]
pub struct UnknownField(pub String);

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let wanted = s.trim().to_lowercase();
        Ok(match wanted.as_str() {
            "id" => Field::Id,
            "title" => Field::Title,
            "subtitle" => Field::Subtitle,
            "kind" => Field::Kind,
            "language" => Field::Language,
            "file" => Field::File,
            "extra" => Field::Extra,
            word => {
                if let Some(scheme) = WORK_SCHEMES.iter().find(|scheme| **scheme == word) {
                    Field::Identifier(scheme)
                } else if let Some(scheme) = PARTY_SCHEMES.iter().find(|scheme| **scheme == word) {
                    Field::PartyIdentifier(scheme)
                } else if let Ok(role) = Role::from_str(word) {
                    Field::Credit(role)
                } else if let Ok(kind) = RelationKind::from_str(word) {
                    Field::Relation(kind)
                } else {
                    return Err(UnknownField(s.trim().to_owned()));
                }
            }
        })
    }
}

/// Columns named by a person, theirs to ours; a name not listed is guessed.
pub type Mapping = BTreeMap<String, Field>;

/// The meaning of each column of a header. At most one column is the id, the title, the file.
pub(crate) fn recognise(header: &[String], mapping: &Mapping) -> Vec<Field> {
    let named = |name: &str| {
        mapping.iter().find(|(theirs, _)| fold(theirs) == fold(name)).map(|(_, ours)| ours.clone())
    };
    let mut fields: Vec<Option<Field>> = header.iter().map(|name| named(name)).collect();
    // Singular fields go to the best of several candidates: the synonyms stand in the order of preference.
    for (field, names) in SINGLE {
        if fields.iter().flatten().any(|f| f == field) {
            continue;
        }
        let column = names.iter().find_map(|synonym| {
            header.iter().zip(&fields).position(|(name, taken)| taken.is_none() && fold(name) == *synonym)
        });
        if let Some(column) = column {
            fields[column] = Some(field.clone());
        }
    }
    header.iter().zip(fields).map(|(name, field)| field.unwrap_or_else(|| repeatable(&fold(name)))).collect()
}

/// Fields of which a row may have several.
fn repeatable(name: &str) -> Field {
    let listed = |table: &[(Field, &[&str])]| {
        table.iter().find(|(_, names)| names.contains(&name)).map(|(field, _)| field.clone())
    };
    listed(SEVERAL).unwrap_or(Field::Extra)
}

/// Letters and digits of a header in small letters, without accents: `Work-ID` and `work id` are `workid`.
fn fold(header: &str) -> String {
    header
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            c => c,
        })
        .filter(|c| c.is_alphanumeric())
        .collect()
}

const WORK_SCHEMES: [&str; 8] = ["isbn", "isrc", "iswc", "doi", "iscc", "eidr", "isan", "url"];
const PARTY_SCHEMES: [&str; 2] = ["isni", "ipi"];

const SINGLE: &[(Field, &[&str])] = &[
    (
        Field::Id,
        &[
            "workid",
            "workno",
            "workref",
            "workreference",
            "ownid",
            "internalid",
            "catalogueid",
            "catalogid",
            "catalognumber",
            "cataloguenumber",
            "entryid",
            "recordid",
            "recordreference",
            "werkid",
            "werknummer",
            "oeuvreid",
            "idobra",
            "idopera",
            "identifier",
            "sku",
            "reference",
            "ref",
            "id",
            "nr",
            "uuid",
        ],
    ),
    (
        Field::Title,
        &[
            "title",
            "worktitle",
            "booktitle",
            "originaltitle",
            "maintitle",
            "tracktitle",
            "songtitle",
            "titel",
            "werktitel",
            "buchtitel",
            "haupttitel",
            "titre",
            "titreoeuvre",
            "titulo",
            "titulodelaobra",
            "titolo",
            "tytul",
            "nazev",
            "cim",
            "otsikko",
            "nimi",
            "название",
            "заглавие",
            "标题",
            "题名",
            "タイトル",
            "題名",
            "name",
        ],
    ),
    (Field::Subtitle, &["subtitle", "untertitel", "soustitre", "subtitulo", "sottotitolo", "ondertitel"]),
    (
        Field::Kind,
        &[
            "kind",
            "worktype",
            "type",
            "worktyp",
            "mediatype",
            "mediatyp",
            "werkart",
            "art",
            "tipo",
            "categorie",
        ],
    ),
    (
        Field::Language,
        &[
            "language",
            "lang",
            "languagecode",
            "sprache",
            "langue",
            "idioma",
            "lingua",
            "taal",
            "sprak",
            "jezyk",
            "kieli",
            "язык",
            "语言",
            "言語",
        ],
    ),
    (
        Field::File,
        &[
            "file",
            "filename",
            "filepath",
            "path",
            "textfile",
            "localpath",
            "datei",
            "dateiname",
            "dateipfad",
            "pfad",
            "fichier",
            "chemin",
            "nomdefichier",
            "archivo",
            "fichero",
            "ruta",
            "percorso",
            "bestand",
        ],
    ),
];

const SEVERAL: &[(Field, &[&str])] = &[
    (
        Field::Credit(Role::Author),
        &[
            "author",
            "authors",
            "creator",
            "creators",
            "contributor",
            "contributors",
            "writer",
            "writers",
            "by",
            "authorname",
            "auteur",
            "auteurs",
            "autor",
            "autoren",
            "autorin",
            "autores",
            "autora",
            "autore",
            "autori",
            "verfasser",
            "verfasserin",
            "schriftsteller",
            "schrijver",
            "forfatter",
            "forfattare",
            "kirjailija",
            "автор",
            "作者",
            "著者",
        ],
    ),
    (
        Field::Credit(Role::Translator),
        &[
            "translator",
            "translators",
            "translatedby",
            "ubersetzer",
            "ubersetzerin",
            "ubersetzung",
            "uebersetzer",
            "traducteur",
            "traductrice",
            "traductor",
            "traductora",
            "traduttore",
            "traduttrice",
            "tradutor",
            "vertaler",
            "tlumacz",
            "переводчик",
            "译者",
            "翻訳者",
        ],
    ),
    (
        Field::Credit(Role::Publisher),
        &[
            "publisher",
            "publishers",
            "imprint",
            "verlag",
            "verleger",
            "editeur",
            "maisondedition",
            "editorial",
            "editora",
            "editore",
            "casaeditrice",
            "uitgever",
            "wydawca",
            "издатель",
            "издательство",
            "出版社",
        ],
    ),
    (
        Field::Credit(Role::Composer),
        &["composer", "composers", "komponist", "compositeur", "compositor", "compositore"],
    ),
    (
        Field::Credit(Role::Lyricist),
        &["lyricist", "lyricists", "textdichter", "parolier", "letrista", "paroliere"],
    ),
    (Field::Credit(Role::Arranger), &["arranger", "arrangeur", "arreglista", "arrangiatore"]),
    (
        Field::Credit(Role::Performer),
        &[
            "performer",
            "performers",
            "artist",
            "artists",
            "mainartist",
            "artistname",
            "interpret",
            "interpreten",
            "interprete",
            "artiste",
            "artista",
            "kunstler",
        ],
    ),
    (
        Field::Credit(Role::Narrator),
        &["narrator", "narrators", "sprecher", "sprecherin", "narrateur", "narrador"],
    ),
    (
        Field::Credit(Role::Illustrator),
        &["illustrator", "illustrators", "illustrateur", "ilustrador", "illustratore"],
    ),
    (Field::Credit(Role::Editor), &["editor", "editors", "herausgeber", "herausgeberin", "hrsg", "curatore"]),
    (
        Field::Credit(Role::Producer),
        &["producer", "producers", "produzent", "producteur", "productor", "produttore"],
    ),
    (
        Field::Credit(Role::Director),
        &["director", "directors", "regisseur", "regie", "realisateur", "regista"],
    ),
    (
        Field::Credit(Role::Screenwriter),
        &["screenwriter", "screenwriters", "drehbuch", "scenariste", "guionista"],
    ),
    (
        Field::Credit(Role::Photographer),
        &["photographer", "fotograf", "fotografin", "photographe", "fotografo"],
    ),
    (Field::Credit(Role::Adapter), &["adapter", "bearbeiter", "adaptateur", "adaptador"]),
    (
        Field::Credit(Role::Rightsholder),
        &[
            "rightsholder",
            "rightholder",
            "rightsowner",
            "copyrightholder",
            "copyrightowner",
            "owner",
            "rechteinhaber",
            "ayantdroit",
            "titulaire",
            "titular",
        ],
    ),
    (Field::Identifier("isbn"), &["isbn", "isbn13", "isbn10", "ean", "ean13", "isbnean"]),
    (Field::Identifier("isrc"), &["isrc", "isrccode"]),
    (Field::Identifier("iswc"), &["iswc", "iswccode"]),
    (Field::Identifier("doi"), &["doi"]),
    (Field::Identifier("iscc"), &["iscc", "iscccode"]),
    (Field::Identifier("eidr"), &["eidr", "eidrid"]),
    (Field::Identifier("isan"), &["isan"]),
    (Field::Identifier("url"), &["url", "link", "weblink", "website", "webpage", "permalink"]),
    (Field::PartyIdentifier("isni"), &["isni", "authorisni", "orcid"]),
    (Field::PartyIdentifier("ipi"), &["ipi", "ipiname", "ipinamenumber", "cae", "caeipi", "authoripi"]),
    (
        Field::Relation(RelationKind::Translates),
        &["translates", "translationof", "originalworkid", "ubersetzungvon"],
    ),
    (Field::Relation(RelationKind::Adapts), &["adapts", "adaptationof", "arrangementof"]),
    (Field::Relation(RelationKind::Records), &["records", "recordingof"]),
    (Field::Relation(RelationKind::Performs), &["performs", "performanceof"]),
    (Field::Relation(RelationKind::PartOf), &["partof", "parentid", "parentwork"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, meant: &str) {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        let fields: Vec<String> = recognise(&header, &Mapping::new()).iter().map(Field::to_string).collect();
        assert_eq!(fields.join(","), meant);
    }

    #[test]
    fn headers_that_people_have() {
        check(
            "work_id,title,author,pg_ebook_no,pg_release,language,file,bytes,sha256",
            "id,title,author,extra,extra,language,file,extra,extra",
        );
        check(
            "Werk-ID,Titel,Verfasser,Übersetzer,Verlag,Sprache",
            "id,title,author,translator,publisher,language",
        );
        check("Titre,Auteur(s),Traducteur,Éditeur,ISBN-13", "title,author,translator,publisher,isbn");
        check("Título,Autor,Idioma,Año", "title,author,language,extra");
        check("ISRC,Track Title,Main Artist,Composer,ISWC", "isrc,title,performer,composer,iswc");
        // Of several candidates the more telling one is the id, the other stays as it is.
        check("entry_id,number,author,title,id", "id,extra,author,title,extra");
    }

    #[test]
    fn every_field_reads_back_and_the_mapping_wins() {
        for (field, _) in SINGLE.iter().chain(SEVERAL) {
            assert_eq!(field.to_string().parse::<Field>().as_ref(), Ok(field));
        }
        let mapping = Mapping::from([("Claimants".to_owned(), Field::Credit(Role::Rightsholder))]);
        let header = ["claimants".to_owned(), "title".to_owned()];
        assert_eq!(recognise(&header, &mapping), [Field::Credit(Role::Rightsholder), Field::Title]);
        assert!("color".parse::<Field>().is_err());
    }
}
