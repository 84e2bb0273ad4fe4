use crate::args::Args;
use crate::failure::Failure;

pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let _ = args.output()?;
    Err(Failure::new("not there yet"))
}
