//! The little world that Typst sees: one program, one document, the built-in fonts.

use std::sync::OnceLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt, World};

use super::data;
use crate::{Document, PaperError};

/// What every document shares.
struct Shop {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    program: Source,
    document: FileId,
    main: FileId,
}

fn path(name: &str) -> Option<FileId> {
    let path = VirtualPath::new(name).ok()?;
    Some(RootedPath::new(VirtualRoot::Project, path).intern())
}

fn shop() -> Result<&'static Shop, PaperError> {
    static SHOP: OnceLock<Option<Shop>> = OnceLock::new();
    let made = SHOP.get_or_init(|| {
        let fonts: Vec<Font> =
            typst_assets::fonts().flat_map(|data| Font::iter(Bytes::new(data))).collect();
        // Row heads of tables for screen readers are among Typst's newer features.
        let features = [Feature::A11yExtras].into_iter().collect();
        let main = path("/page.typ")?;
        Some(Shop {
            library: LazyHash::new(Library::builder().with_features(features).build()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            program: Source::new(main, include_str!("page.typ").to_owned()),
            document: path("/document.json")?,
            main,
        })
    });
    made.as_ref().ok_or_else(|| PaperError::Pdf("Typst could not be started".to_owned()))
}

/// Whether one of the fonts has a sign for `c`.
pub(super) fn can_print(c: char) -> bool {
    shop().is_ok_and(|s| s.fonts.iter().any(|f| f.info().coverage.contains(c as u32)))
}

/// One document being written.
pub(super) struct Desk {
    shop: &'static Shop,
    json: Bytes,
    attachments: Vec<(FileId, Bytes)>,
}

impl Desk {
    /// `careful`: every sign that is not of a European language is written by its number.
    pub(super) fn new(document: &Document, careful: bool) -> Result<Self, PaperError> {
        let shop = shop()?;
        let mut data = data::of(document);
        if careful {
            data::european(&mut data);
        }
        let json = serde_json::to_vec(&data)
            .map_err(|_| PaperError::Pdf("the document could not be handed over".to_owned()))?;
        let attachments = document
            .attachments
            .iter()
            .enumerate()
            .filter_map(|(i, a)| Some((path(&data::place(i))?, Bytes::new(a.bytes.clone()))))
            .collect();
        Ok(Self { shop, json: Bytes::new(json), attachments })
    }
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.shop.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.shop.book
    }

    fn main(&self) -> FileId {
        self.shop.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.shop.main {
            Ok(self.shop.program.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.shop.document {
            return Ok(self.json.clone());
        }
        let found = self.attachments.iter().find(|(file, _)| *file == id);
        found.map(|(_, bytes)| bytes.clone()).ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.shop.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        None
    }
}
