mod support;
use frist_register::Lang;
use support::*;
#[test]
fn look() {
    for folder in ["crates/demo/register", "examples/chinook/register", "examples/calls/register"] {
        let r = register(folder);
        let rev = frist_register::revision_hash(&r);
        let name = folder.split('/').nth(1).unwrap();
        for lang in [Lang::Da, Lang::En] {
            let s = source(&r, &rev, lang);
            let l = lang.as_str();
            let w = |n: &str, t: &str| {
                std::fs::write(format!("/var/tmp/docs-tmp/{name}-{n}-{l}"), t).unwrap()
            };
            let rec = frist_documents::record(&s).unwrap();
            let d = rec.document(&s).unwrap();
            w("record.txt", &d.text());
            w("record.html", &d.html());
            w("record.csv", &rec.csv(&s).unwrap());
            w("record.json", &rec.json().unwrap());
            w("record.jsonld", &rec.jsonld(&s).unwrap());
            for n in frist_documents::notices(&s).unwrap() {
                let d = n.document(&s);
                w(&format!("notice-{}.txt", n.subject.id), &d.text());
                w(&format!("notice-{}.html", n.subject.id), &d.html());
            }
            let sch = frist_documents::schedule(&s).unwrap();
            let d = sch.document(&s);
            w("schedule.txt", &d.text());
            w("schedule.html", &d.html());
            w("schedule.csv", &sch.csv(&s).unwrap());
            let d = frist_documents::guidelines(&s).unwrap().document(&s);
            w("guidelines.txt", &d.text());
            w("guidelines.html", &d.html());
        }
        for d in frist_documents::check(&r, frist_law::LawBook::embedded()) {
            println!("{folder} {} {}", d.code, d.message);
        }
    }
}
