//! A child process, as its parent sees it.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::protocol::{Start, ToChild, ToParent};

/// A child process.
pub(crate) struct Node {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// The number of this child: no two children have the same.
    pub(crate) incarnation: u64,
    /// How far its clock is ahead, in seconds.
    pub(crate) ahead: u64,
    /// Until when it waits, by the parent's clock. `None` while it runs.
    pub(crate) waits_until: Option<u64>,
    /// The consents whose new tokens it received since it waited last: it is storing them.
    pub(crate) storing: Vec<(u32, u32)>,
}

impl Node {
    /// Starts a child. It waits for its first line.
    pub(crate) fn start(start: &Start, ahead: u64) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(start.args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or("the child has no input")?;
        let output = BufReader::new(process.stdout.take().ok_or("the child has no output")?);
        let incarnation = start.incarnation;
        Ok(Self {
            process,
            input,
            output,
            incarnation,
            ahead,
            waits_until: Some(0),
            storing: Vec::new(),
        })
    }

    /// Writes these messages, then the time. The child runs from now on.
    pub(crate) fn wake(&mut self, messages: &[ToChild], now: u64) -> Result<(), Box<dyn Error>> {
        let mut text = String::new();
        for message in messages {
            text += &format!("{message}\n");
        }
        text += &format!("{}\n", ToChild::Go(now + self.ahead));
        self.input.write_all(text.as_bytes())?;
        self.waits_until = None;
        Ok(())
    }

    /// Reads the next message. `None` if the child has ended. An unfinished line is not a message.
    pub(crate) fn read(&mut self) -> Result<Option<ToParent>, Box<dyn Error>> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        match line.strip_suffix('\n') {
            None => Ok(None),
            Some(line) => ToParent::parse(line)
                .map(Some)
                .ok_or_else(|| format!("a child wrote an unknown line: {line}").into()),
        }
    }

    /// Ends the child with SIGKILL. Returns the messages that it had written.
    pub(crate) fn kill(&mut self) -> Result<Vec<ToParent>, Box<dyn Error>> {
        self.process.kill()?;
        self.process.wait()?;
        let mut messages = Vec::new();
        while let Some(message) = self.read()? {
            messages.push(message);
        }
        Ok(messages)
    }

    /// Waits until a child ends, after `stop`.
    pub(crate) fn ended(&mut self) -> Result<(), Box<dyn Error>> {
        match self.process.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("a child failed: {status}").into()),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // After an error of the parent the child may still run.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
