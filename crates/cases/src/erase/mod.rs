//! Erasing what a request asks for, through the ordinary sweep.
