//! How the customer's browser is sent, and how it comes back.

use clap::ValueEnum;

/// How the customer's browser is sent, and how it comes back.
#[derive(clap::Args)]
pub(crate) struct BrowserArgs {
    /// Print the URL for the customer's browser on standard error (the default)
    #[arg(long, conflicts_with = "open")]
    pub(crate) print_url: bool,
    /// Print the URL, and open a private page that leads to it with xdg-open or open
    #[arg(long)]
    pub(crate) open: bool,
    /// How the callback is received [default: listen if redirect_uri is http, else stdin]
    #[arg(long, value_name = "HOW", value_enum)]
    pub(crate) callback: Option<CallbackName>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum CallbackName {
    /// A listener on the redirect_uri's port
    Listen,
    /// The URL, pasted into standard input
    Stdin,
}
