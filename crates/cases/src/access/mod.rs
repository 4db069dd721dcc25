//! Access (Art. 15) and portability (Art. 20): the package that a person gets.
