//! The register of Nordkyst Forsyning A/S: the files of `register/`, one an area, as its data
//! protection officer would write them. Their paths are relative to the folder that
//! [`crate::generate`] was given.

/// The register's files, name and text, as `frist_register::Register::read` takes them.
pub const REGISTER: &[(&str, &str)] = &[
    ("controller.toml", include_str!("../register/controller.toml")),
    ("kunder.toml", include_str!("../register/kunder.toml")),
    ("afregning.toml", include_str!("../register/afregning.toml")),
    ("markedsfoering.toml", include_str!("../register/markedsfoering.toml")),
    ("personale.toml", include_str!("../register/personale.toml")),
    ("rekruttering.toml", include_str!("../register/rekruttering.toml")),
    ("sikkerhed.toml", include_str!("../register/sikkerhed.toml")),
    ("korrespondance.toml", include_str!("../register/korrespondance.toml")),
    ("rettigheder.toml", include_str!("../register/rettigheder.toml")),
];
