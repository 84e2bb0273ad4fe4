//! Stored consents: what a store keeps, and the commands that look after it.
//!
//! The crates `fdx-store` and `fdx-store-sqlite` keep consents for years: flows, tokens, and receipts.
//! Your program uses them as a library. The command `fdx` uses the same store, so that an operator can
//! look at your program's consents, and so that you can try everything before you write code.
//!
//! | command | what it does |
//! |---|---|
//! | `fdx connect` | obtains a consent, and stores it |
//! | `fdx consents list`, `show`, `history`, `queues` | print what is stored, and what waits for something |
//! | `fdx consents refresh`, `renew`, `revoke` | do at the institution what a program does, for one consent |
//! | `fdx consents erase` | destroys the tokens of a consent; its receipts stay |
//! | `fdx consents export`, `verify`, `import` | move receipts out and consents in or out |
//! | `fdx keeper run`, `pause`, `resume` | refresh what is due, or stop that |
//!
//! # What is stored, and when
//!
//! 1. The *flow*, before the customer is redirected. The callback may arrive in another process, and is
//!    then finished there: `fdx connect --resume --callback stdin`.
//! 2. The *tokens*, before anything looks at them. A code can be sent only once; what fails later is
//!    repeated with the stored tokens: `fdx connect --resume`, or the keeper.
//! 3. The *grant* with its *receipt*, in one transaction. A reload of the callback returns it.
//!
//! Tokens are sealed under a key of the consent, which is sealed under a wrapping key. For the command,
//! the wrapping key is in the file next to the store whose name ends in `-key`. Without that file no
//! token can be opened: back it up, but not together with the store. Receipts contain no token and no
//! personal data except ids.
//!
//! # The keeper
//!
//! `fdx keeper run` looks for consents that are due: to keep a refresh token alive, to repeat a failed
//! refresh, to complete or to revoke a consent. Several keepers may run on one store. SIGTERM ends one:
//! it begins nothing new, and first finishes what it has sent. A refresh whose process is killed is
//! taken over by another one, after its deadline.
//!
//! While an operator has paused refreshes (`fdx keeper pause`), nothing is refreshed or renewed, in all
//! processes that use the store. Access tokens serve until they expire. Each consent that becomes due is
//! looked at again every quarter of an hour, without a request. Revocations go on. `fdx consents queues`
//! counts what waits, and `fdx keeper resume` ends the pause.
//!
//! **After a restore** the store is paused by itself, whichever command opens it first. Its refresh
//! tokens may be older than those of the institution, and an institution may take an old token for a
//! stolen one and end the grant. Resume if the institutions accept old refresh tokens, or if no refresh
//! took place since the backup. Otherwise ask the customers again. A store that was copied or moved
//! without its witness file is treated in the same way: the other copy may still be in use.
//!
//! # Receipts
//!
//! Each receipt contains the digest of the previous one of its consent. `fdx consents export` writes all
//! of them to a file, which anyone can verify with `fdx consents verify FILE`: without a store, keys or
//! network. A changed, missing or repeated receipt is reported with its consent and its number. Receipts
//! that are missing at the *end* of a chain are found only by comparing the head with an earlier export,
//! or with a signed root.
//!
//! # Erasing
//!
//! `fdx consents erase` deletes the key of a consent and overwrites it in the file. A backup from before
//! still contains it. The tokens are gone for good when the last such backup is deleted, or when the
//! wrapping key that it needs is.
//!
//! # What can still be lost
//!
//! At most one unanswered request is under way for each consent, and what arrives is stored before it is
//! used. Two losses remain that no recipient can exclude:
//! - the response to a refresh is lost, and the institution accepts the old refresh token only for a time
//!   that is over before the retry, or not at all;
//! - a process is suspended between its last check and the write, for longer than its deadline, while
//!   another process refreshes.
//!
//! Then the customer is asked again.
