//! Records of consent: proof while the processing runs, withdrawal as easy as giving (Art. 7).
