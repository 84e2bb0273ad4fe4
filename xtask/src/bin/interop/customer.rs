use std::process::Command;

use crate::failure::Failure;
use crate::lab::Lab;

/// What the customer does on the consent page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Decision {
    Allow,
    Refuse,
}

/// Sends the customer to the institution, and gives back the URL at which they return.
pub(crate) fn visit(lab: &Lab, url: &str, decision: Decision) -> Result<String, Failure> {
    let (scripts, run) = lab.places();
    let decision = match decision {
        Decision::Allow => "allow",
        Decision::Refuse => "refuse",
    };
    let output = Command::new("node")
        .arg(scripts.join("customer.mjs"))
        .arg(run)
        .args([url, decision])
        .output()
        .map_err(|error| Failure::new(format!("node could not be started: {error}")))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Failure::new(format!("the customer did not get through: {}", said.trim())))
    }
}
