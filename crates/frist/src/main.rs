//! The program `frist`.

fn main() -> std::process::ExitCode {
    frist::main()
}
