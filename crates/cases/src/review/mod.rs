//! What a person must look at: review tasks, and the periodic review of data sets and purposes.
