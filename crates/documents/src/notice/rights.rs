//! What a notice says of people's rights: those that go with the legal bases that concern them.

use frist_law::Basis;

use super::build::{Part, Writer};
use super::{Group, Item};
use crate::source::sentence;

impl Writer<'_, '_> {
    fn bases(&self) -> Vec<Basis> {
        let purposes = self.concern.activities.iter().flat_map(|p| &p.purposes);
        let all = purposes.flat_map(|p| [&p.basis, &p.special_basis]).flatten();
        all.map(|b| b.value).collect()
    }

    pub(super) fn rights(&self) -> Item {
        let bases = self.bases();
        let has = |these: &[Basis]| bases.iter().any(|b| these.contains(b));
        let mut lines = vec![
            self.pick(
                "Indsigt: du kan få at vide, hvilke oplysninger vi har om dig, og få en kopi af dem (artikel 15).",
                "Access: you can learn which data we have about you, and get a copy (Article 15).",
            ),
            self.pick(
                "Berigtigelse: du kan få rettet oplysninger, der er forkerte (artikel 16).",
                "Rectification: you can have wrong data put right (Article 16).",
            ),
            self.pick(
                "Sletning: du kan i visse tilfælde få oplysninger slettet, inden vi ellers ville have slettet dem (artikel 17).",
                "Erasure: in certain cases you can have data erased before we would otherwise erase it (Article 17).",
            ),
            self.pick(
                "Begrænsning: du kan i visse tilfælde få begrænset behandlingen, så vi kun opbevarer oplysningerne (artikel 18).",
                "Restriction: in certain cases you can have the processing restricted, so that we only store the data (Article 18).",
            ),
        ];
        if has(&[Basis::Consent, Basis::Contract, Basis::ExplicitConsent]) {
            lines.push(self.pick(
                "Dataportabilitet: oplysninger, du selv har givet os på grundlag af samtykke eller en aftale, kan du få udleveret i et format, der kan læses maskinelt (artikel 20).",
                "Portability: data that you gave us on the basis of consent or a contract you can get in a machine-readable format (Article 20).",
            ));
        }
        if has(&[Basis::PublicTask, Basis::LegitimateInterests]) {
            lines.push(self.pick(
                "Indsigelse: du kan gøre indsigelse mod behandling, der bygger på artikel 6, stk. 1, litra e eller f, af grunde, der vedrører din særlige situation. Du kan altid gøre indsigelse mod direkte markedsføring (artikel 21).",
                "Objection: you can object, on grounds relating to your particular situation, to processing based on Article 6(1)(e) or (f). You can always object to direct marketing (Article 21).",
            ));
        }
        let mut item =
            self.item("rights", &["13(2)(b)", "14(2)(c)"], "Dine rettigheder", "Your rights");
        item.intro = Some(self.pick(
            "Efter databeskyttelsesforordningen har du disse rettigheder:",
            "Under the GDPR you have these rights:",
        ));
        item.groups = vec![Group { title: None, lines }];
        let link = self.source.register.requests.link.as_ref();
        let how = link.map_or_else(
            || self.pick("Kontakt os for at bruge dem.", "Contact us to exercise them."),
            |link| match self.source.da() {
                true => format!("Kontakt os for at bruge dem, eller brug {}.", link.value),
                false => format!("Contact us to exercise them, or use {}.", link.value),
            },
        );
        item.outro = Some(how + &self.pick(
            " Vi svarer hurtigst muligt og senest en måned efter, at vi har modtaget din anmodning. Er den kompliceret, kan vi forlænge fristen med to måneder; det får du i så fald besked om med en begrundelse inden for den første måned.",
            " We answer as soon as possible and within one month of receiving your request. If it is complex we can extend this by two months; we then tell you why within the first month.",
        ));
        item
    }

    pub(super) fn withdrawal(&self) -> Option<Item> {
        let mut item = self.item(
            "withdrawal",
            &["13(2)(c)", "14(2)(d)"],
            "Du kan trække dit samtykke tilbage",
            "You can withdraw your consent",
        );
        if !self.bases().iter().any(|b| b.is_consent()) {
            return None;
        }
        item.intro = Some(self.pick(
            "Hvor vi bygger på dit samtykke, kan du når som helst trække det tilbage. Det er lige så let som at give det. Det har ikke betydning for det, vi har gjort, inden du trak det tilbage.",
            "Where we rely on your consent, you can withdraw it at any time. It is as easy as giving it. It does not affect what we did before you withdrew it.",
        ));
        let own = |p: &Part<'_>| -> Vec<String> {
            let texts = self.source.register.consents.iter();
            texts
                .filter(|c| c.activity.value == p.activity.id.value && !c.withdraw.is_empty())
                .filter(|c| p.purposes.iter().any(|p| p.id.value == c.purpose.value))
                .map(|c| sentence(&self.source.text(&c.withdraw, "")))
                .collect()
        };
        item.groups = self.each(own);
        Some(item)
    }
}
