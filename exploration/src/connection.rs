//! A connection to the institution. The institution processes no request after the connection's end.

use crate::process::{Input, Last, name};
use crate::scene::REVOCATION;
use crate::world::{Event, Setup, World};

/// A request on its way to the institution, or its response.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Connection {
    /// The process that waits for the response, if it lives.
    pub(crate) node: Option<usize>,
    pub(crate) token: u32,
    /// When the connection ends, by the clock of the world.
    pub(crate) until: u64,
    /// The response, once the institution has processed the request.
    pub(crate) response: Option<Option<u32>>,
}

impl World {
    /// What can become of the request of a process.
    pub(crate) fn responses(&self, node: usize, setup: &Setup, next: &mut Vec<(Event, Self)>) {
        let Some(at) = self.connections.iter().position(|connection| connection.node == Some(node))
        else {
            return;
        };
        let Some(connection) = self.connections.get(at) else { return };
        if let Some(response) = connection.response {
            let mut world = self.clone();
            world.connections.remove(at);
            let input = Input::Received(response, self.clock(node));
            world.input(node, input, setup, response.map_or(Last::Refused, Last::Token));
            let what = response.map_or("a refusal".to_owned(), |token| format!("t{token}"));
            next.push((format!("{} receives {what}", name(node)), world));
        }
        if self.budget.losses > 0 {
            let mut world = self.clone();
            world.budget.losses -= 1;
            world.lose(at, node, setup);
            next.push((format!("the connection of {} fails", name(node)), world));
        }
    }

    /// A connection ends without a response. A request that was written may still be processed.
    pub(crate) fn lose(&mut self, at: usize, node: usize, setup: &Setup) {
        if let Some(connection) = self.connections.get_mut(at) {
            connection.node = None;
            if connection.response.is_some() {
                self.connections.remove(at);
            }
        }
        let clock = self.clock(node);
        self.input(node, Input::NoResponse(clock), setup, Last::NoResponse);
    }

    /// The institution processes a request.
    pub(crate) fn processed(&self, at: usize, setup: &Setup, next: &mut Vec<(Event, Self)>) {
        let Some(connection) =
            self.connections.get(at).filter(|connection| connection.response.is_none())
        else {
            return;
        };
        let mut world = self.clone();
        let answer = match connection.token {
            REVOCATION => Some(REVOCATION),
            token => world.bank.refresh(token, self.now),
        };
        world.window_closed =
            connection.token != REVOCATION && !self.bank.ended && !self.knows_a_valid_token(setup);
        match connection.node {
            Some(_) => {
                if let Some(connection) = world.connections.get_mut(at) {
                    connection.response = Some(answer);
                }
            }
            None => drop(world.connections.remove(at)),
        }
        let event = match (connection.token, answer) {
            (REVOCATION, _) => "the bank revokes a token".to_owned(),
            (token, Some(next)) => format!("the bank issues t{next} for t{token}"),
            (token, None) => format!("the bank refuses t{token}"),
        };
        next.push((event, world));
    }
}
