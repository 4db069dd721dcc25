//! Restriction of processing (Art. 18), as each store can.
