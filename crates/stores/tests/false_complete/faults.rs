//! The table of what a database can do to a batch.

use crate::site::Then;

/// What somebody put into the database, in both dialects (empty: not for this one).
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) then: &'static [Then],
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
    /// The ids that can go nevertheless, when they are asked for one by one.
    pub(crate) go: &'static [i64],
    /// What the refusal says, for both databases.
    pub(crate) says: &'static [&'static str],
}

pub(crate) const ERASING: &[Then] = &[Then::Erase, Then::Again];
pub(crate) const BUT_3: &[i64] = &[1, 2, 4, 5, 6];
pub(crate) const FUNCTION: &str = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS";

pub(crate) const FAULTS: &[Fault] = &[
    Fault {
        name: "a trigger puts one back after it was deleted",
        then: ERASING,
        sqlite: "CREATE TRIGGER f AFTER DELETE ON person WHEN old.id = 3 BEGIN INSERT INTO person VALUES (old.id, old.d, old.name); END",
        postgres: "$$ BEGIN IF old.id = 3 THEN INSERT INTO person VALUES (old.*); END IF; RETURN old; END $$;
            CREATE TRIGGER f AFTER DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["trigger"],
    },
    Fault {
        name: "a trigger puts all back, empty but for the key",
        then: ERASING,
        sqlite: "CREATE TRIGGER f AFTER DELETE ON person BEGIN INSERT INTO person (id) VALUES (old.id); END",
        postgres: "$$ BEGIN INSERT INTO person (id) VALUES (old.id); RETURN old; END $$;
            CREATE TRIGGER f AFTER DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: &[],
        says: &["trigger"],
    },
    Fault {
        name: "a trigger puts one back when the transaction ends",
        then: ERASING,
        sqlite: "",
        postgres: "$$ BEGIN IF old.id = 3 THEN INSERT INTO person VALUES (old.*); END IF; RETURN old; END $$;
            CREATE CONSTRAINT TRIGGER f AFTER DELETE ON person DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["trigger"],
    },
    Fault {
        name: "a trigger of another table puts one back",
        then: &[Then::Detach],
        sqlite: "CREATE TABLE gone (id INTEGER); CREATE TRIGGER f AFTER DELETE ON person BEGIN INSERT INTO gone VALUES (old.id); END;
            CREATE TRIGGER g AFTER INSERT ON gone WHEN new.id = 3 BEGIN INSERT INTO person VALUES (3, '2015-01-01', 'c'); END",
        postgres: "$$ BEGIN IF old.person = 3 THEN INSERT INTO person VALUES (3, '2015-01-01', 'c') ON CONFLICT DO NOTHING; END IF; RETURN old; END $$;
            CREATE CONSTRAINT TRIGGER f AFTER UPDATE ON note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["trigger"],
    },
    Fault {
        name: "a trigger swallows the deletion of one",
        then: ERASING,
        sqlite: "CREATE TRIGGER f BEFORE DELETE ON person WHEN old.id = 3 BEGIN SELECT RAISE(IGNORE); END",
        postgres: "$$ BEGIN IF old.id = 3 THEN RETURN NULL; END IF; RETURN old; END $$;
            CREATE TRIGGER f BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["trigger"],
    },
    Fault {
        name: "a trigger marks instead of deleting",
        then: ERASING,
        sqlite: "CREATE TRIGGER f BEFORE DELETE ON person BEGIN UPDATE person SET name = 'deleted' WHERE id = old.id; SELECT RAISE(IGNORE); END",
        postgres: "$$ BEGIN UPDATE person SET name = 'deleted' WHERE id = old.id; RETURN NULL; END $$;
            CREATE TRIGGER f BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: &[],
        says: &["trigger"],
    },
    Fault {
        name: "a trigger forbids it",
        then: &[Then::Erase, Then::Again, Then::Detach],
        sqlite: "CREATE TRIGGER f BEFORE DELETE ON person WHEN old.id = 3 BEGIN SELECT RAISE(ABORT, 'Ida Ibsen stays'); END",
        postgres: "$$ BEGIN IF old.id = 3 THEN RAISE EXCEPTION 'Ida Ibsen stays'; END IF; RETURN old; END $$;
            CREATE TRIGGER f BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["trigger", "P0001"],
    },
    Fault {
        name: "a trigger forbids it when the transaction ends",
        then: &[Then::Erase, Then::Again, Then::Detach],
        sqlite: "",
        postgres: "$$ BEGIN IF old.id = 3 THEN RAISE EXCEPTION 'Ida Ibsen stays'; END IF; RETURN old; END $$;
            CREATE CONSTRAINT TRIGGER f AFTER DELETE ON person DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["P0001"],
    },
    Fault {
        name: "a rule does nothing instead",
        then: ERASING,
        sqlite: "",
        postgres: "CREATE RULE f AS ON DELETE TO person DO INSTEAD NOTHING",
        go: &[],
        says: &["trigger"],
    },
    Fault {
        name: "a rule does something else instead",
        then: ERASING,
        sqlite: "",
        postgres: "CREATE RULE f AS ON DELETE TO person DO INSTEAD UPDATE person SET name = 'deleted' WHERE id = old.id",
        go: &[],
        says: &["trigger"],
    },
    Fault {
        name: "a constraint of a log refuses it",
        then: ERASING,
        sqlite: "CREATE TABLE audit (id INTEGER CHECK (id <> 3)); CREATE TRIGGER f AFTER DELETE ON person BEGIN INSERT INTO audit VALUES (old.id); END",
        postgres: "$$ BEGIN INSERT INTO audit VALUES (old.id); RETURN old; END $$; CREATE TABLE audit (id int CHECK (id <> 3));
            CREATE TRIGGER f AFTER DELETE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["CHECK", "check"],
    },
    Fault {
        name: "a foreign key that came after binding",
        then: ERASING,
        sqlite: "CREATE TABLE other (person INTEGER REFERENCES person (id)); INSERT INTO other VALUES (3)",
        postgres: "CREATE TABLE other (person INTEGER REFERENCES person (id)); INSERT INTO other VALUES (3)",
        go: BUT_3,
        says: &["foreign key"],
    },
    Fault {
        name: "a foreign key that is checked when the transaction ends",
        then: ERASING,
        sqlite: "CREATE TABLE other (person INTEGER REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO other VALUES (3)",
        postgres: "CREATE TABLE other (person INTEGER REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO other VALUES (3)",
        go: BUT_3,
        says: &["foreign key"],
    },
    Fault {
        name: "a trigger keeps a reference",
        then: &[Then::Detach],
        sqlite: "CREATE TRIGGER f AFTER UPDATE ON note WHEN old.person = 3 AND new.person IS NULL BEGIN UPDATE note SET person = 3 WHERE id = new.id; END",
        postgres: "$$ BEGIN IF old.person = 3 THEN RETURN NULL; END IF; RETURN new; END $$;
            CREATE TRIGGER f BEFORE UPDATE ON note FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["references"],
    },
    Fault {
        name: "a constraint keeps a reference",
        then: &[Then::Detach],
        sqlite: "CREATE TRIGGER f BEFORE UPDATE ON note WHEN new.person IS NULL AND old.person = 3 BEGIN SELECT RAISE(ABORT, 'x'); END",
        postgres: "ALTER TABLE note ADD CHECK (id <> 3 OR person IS NOT NULL)",
        go: BUT_3,
        says: &["trigger", "check"],
    },
    Fault {
        name: "a view took the table's place",
        then: &[Then::Erase, Then::Anonymise],
        sqlite: "ALTER TABLE person RENAME TO people; CREATE VIEW person AS SELECT * FROM people;
            CREATE TRIGGER f INSTEAD OF DELETE ON person BEGIN SELECT 1; END; CREATE TRIGGER g INSTEAD OF UPDATE ON person BEGIN SELECT 1; END",
        postgres: "$$ BEGIN RETURN coalesce(new, old); END $$; ALTER TABLE person RENAME TO people; CREATE VIEW person AS SELECT * FROM people;
            CREATE TRIGGER f INSTEAD OF DELETE OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: &[],
        says: &["trigger", "field did not keep", "no such column"],
    },
    Fault {
        name: "a trigger writes an anonymised field again",
        then: &[Then::Anonymise],
        sqlite: "CREATE TRIGGER f AFTER UPDATE ON person WHEN old.id = 3 AND new.name <> old.name BEGIN UPDATE person SET name = old.name WHERE id = 3; END",
        postgres: "$$ BEGIN IF old.id = 3 THEN new.name = 'c'; END IF; RETURN new; END $$;
            CREATE TRIGGER f BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["did not keep its new value"],
    },
    Fault {
        name: "a trigger writes an anonymised field again when the transaction ends",
        then: &[Then::Anonymise],
        sqlite: "",
        postgres: "$$ BEGIN IF old.id = 3 AND new.name <> 'c' THEN UPDATE person SET name = 'c' WHERE id = 3; END IF; RETURN new; END $$;
            CREATE CONSTRAINT TRIGGER f AFTER UPDATE ON person DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["did not keep its new value"],
    },
    Fault {
        name: "a trigger swallows the change of one",
        then: &[Then::Anonymise],
        sqlite: "CREATE TRIGGER f BEFORE UPDATE ON person WHEN old.id = 3 BEGIN SELECT RAISE(IGNORE); END",
        postgres: "$$ BEGIN IF old.id = 3 THEN RETURN NULL; END IF; RETURN new; END $$;
            CREATE TRIGGER f BEFORE UPDATE ON person FOR EACH ROW EXECUTE FUNCTION f()",
        go: BUT_3,
        says: &["trigger"],
    },
    Fault {
        name: "a constraint refuses an anonymised field",
        then: &[Then::Anonymise],
        sqlite: "CREATE TRIGGER f BEFORE UPDATE ON person WHEN new.id = 3 AND new.name LIKE 'psn%' BEGIN SELECT RAISE(FAIL, 'x'); END",
        postgres: "ALTER TABLE person ADD CHECK (id <> 3 OR name = 'c')",
        go: BUT_3,
        says: &["trigger", "check"],
    },
    Fault {
        name: "a rule does nothing instead of changing",
        then: &[Then::Anonymise],
        sqlite: "",
        postgres: "CREATE RULE f AS ON UPDATE TO person DO INSTEAD NOTHING",
        go: &[],
        says: &["trigger"],
    },
];
