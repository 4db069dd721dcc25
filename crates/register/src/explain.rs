//! The page of each code: what is wrong, which law or practice says so, and what to write.

use crate::codes::Code;

macro_rules! pages {
    ($($code:ident)*) => {
        /// The page of a code, as Markdown: what is wrong, why, a bad and a good example.
        pub fn explain(code: Code) -> &'static str {
            match code {
                $(Code::$code => include_str!(concat!("../pages/", stringify!($code), ".md")),)*
            }
        }
    };
}

pages! {
    E0001 E0002 E0003 E0004 E0005 E0006 E0007 E0008 E0009 E0020 E0021 E0022
    E0023 E0024 E0025 E0026 E0027 E0028 E0029 E0030 E0031 E0032 E0033 E0034
    E0035 E0036 E0040 E0041 E0042 E0043 E0044 E0045 E0046 E0047 E0048 E0049 E0050
    E0051 E0052 E0053 E0054 E0055 E0056 E0057 E0058 E0059 E0060 E0061 E0070
    E0071 E0072 E0073 E0074 E0080 E0081 E0082 E0083 W0001 W0002 W0003
    W0004 W0005 W0006 W0007 W0008 W0009 W0010 W0011 W0012 W0013 W0014 W0015 W0016
    W0017     W0020 W0021 W0022 W0023 W0024 W0025 I0001
}
