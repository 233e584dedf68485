//! One HTTP client for each proxy in use, and one that goes without, each once more where connections are worth keeping:
//! connections are never shared between them.
//!
//! Invariant: behind the fence, a client reaches by name what everybody may reach, and its own proxy.

use super::FetchError;
use super::error::innermost;
use super::fence::{Fence, FencedResolver};
use crate::config::{AllowPrivate, Polling, Proxy};
use crate::limits;
use reqwest::redirect;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The clients that were made so far.
#[derive(Debug)]
pub(super) struct Clients {
    agent: String,
    allow_private: Vec<AllowPrivate>,
    /// The one that most go by: through no proxy, and connections are not kept.
    direct: reqwest::Client,
    /// The others, by their proxy and whether connections are kept.
    others: Mutex<HashMap<(Option<Proxy>, bool), reqwest::Client>>,
}

impl Clients {
    /// The client that goes without a proxy, and the one of the user's proxy for all.
    pub(super) fn new(polling: &Polling) -> Result<Self, FetchError> {
        // Several clients may be made in one process (a reload makes one); only the first sets the provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // Who nobody named is found where the program is from.
        let program = concat!("+", env!("CARGO_PKG_REPOSITORY"));
        let contact = polling.contact.as_deref().unwrap_or(program);
        let agent = format!("Feedwash/{} ({contact})", env!("CARGO_PKG_VERSION"));
        let clients = Self {
            direct: make(&agent, &polling.allow_private, None, false)?,
            agent,
            allow_private: polling.allow_private.clone(),
            others: Mutex::default(),
        };
        clients.through(polling.proxy.as_ref(), false)?;
        Ok(clients)
    }

    /// The client that goes through a proxy, or through none, and keeps its connections or lets them go.
    pub(super) fn through(
        &self,
        proxy: Option<&Proxy>,
        keeps_connections: bool,
    ) -> Result<reqwest::Client, FetchError> {
        if proxy.is_none() && !keeps_connections {
            return Ok(self.direct.clone());
        }
        let key = (proxy.cloned(), keeps_connections);
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = others.get(&key) {
            return Ok(client.clone());
        }
        let client = make(&self.agent, &self.allow_private, proxy, keeps_connections)?;
        others.insert(key, client.clone());
        Ok(client)
    }
}

fn make(
    agent: &str,
    allow_private: &[AllowPrivate],
    proxy: Option<&Proxy>,
    keeps_connections: bool,
) -> Result<reqwest::Client, FetchError> {
    let failed = |error: reqwest::Error| FetchError::Client(innermost(&error));
    let builder = || builder(agent, allow_private, proxy, keeps_connections);
    builder()?.build().or_else(|error| {
        tracing::warn!(%error, "no CA certificates found, so every https source will fail; install ca-certificates");
        builder()?.tls_certs_only([]).build().map_err(failed)
    })
}

fn builder(
    agent: &str,
    allow_private: &[AllowPrivate],
    proxy: Option<&Proxy>,
    keeps_connections: bool,
) -> Result<reqwest::ClientBuilder, FetchError> {
    // A proxy lives next door, as a rule. Its own name is no way in: who asks for that is refused before.
    let own = proxy.and_then(|proxy| proxy.0.host_str());
    let own = own.map(|host| AllowPrivate::Host(host.to_owned()));
    let allowed: Vec<AllowPrivate> = allow_private.iter().cloned().chain(own).collect();
    let builder = reqwest::Client::builder()
        .user_agent(agent)
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(limits::CONNECT_TIMEOUT)
        .pool_idle_timeout(match keeps_connections {
            true => limits::CONNECTION_IDLE,
            false => limits::CONNECTION_IDLE_ALONE,
        })
        .pool_max_idle_per_host(2)
        .dns_resolver(FencedResolver(Arc::new(Fence::new(&allowed))));
    match proxy {
        None => Ok(builder.no_proxy()),
        Some(proxy) => {
            let proxy = reqwest::Proxy::all(proxy.0.clone());
            let proxy = proxy.map_err(|error| FetchError::Client(innermost(&error)))?;
            Ok(builder.proxy(proxy))
        }
    }
}
