//! The cluster as one node sees it.

use bailiwick_rpc::api::{ClusterStatus, NodeStatus};
use serde_json::json;

use super::api::Api;
use super::context::Context;
use super::exit::{Exit, Trouble};
use super::out::{Out, table};

/// Prints how every node is.
pub(crate) async fn status<A: Api>(context: &Context<'_, A>, hashes: bool, out: &mut Out<'_>) -> Result<Exit, Trouble> {
    let status = context.api.cluster_status(hashes).await?;
    if out.json {
        out.value(&json!(status))?;
    } else {
        out.lines(lines(&status, hashes))?;
    }
    Ok(Exit::Done)
}

fn lines(status: &ClusterStatus, hashes: bool) -> Vec<String> {
    let header = ["node", "address", "state", "role", "term", "leader", "applied", "revision", "staleness", "version"];
    let mut lines = table(&header, &status.nodes.iter().map(row).collect::<Vec<_>>());
    for node in &status.nodes {
        if let Some(error) = &node.error {
            lines.push(format!("node {}: {error}", node.id));
        }
        lines.extend(node.alarms.iter().map(|alarm| format!("node {}: alarm: {alarm}", node.id)));
        if hashes && node.error.is_none() {
            let content = node.content_hash.as_deref().unwrap_or("not computed");
            lines.push(format!("node {}: history {}  content {content}", node.id, node.history_hash));
        }
    }
    if !status.quorum.is_empty() {
        lines.push(format!("quorum: {}", status.quorum));
    }
    lines.push(format!("answered by node {}", status.answered_by));
    lines
}

fn row(node: &NodeStatus) -> Vec<String> {
    let id = node.id.to_string();
    if node.error.is_some() {
        return vec![id, node.client.clone(), "no answer".to_owned()];
    }
    vec![
        id,
        node.client.clone(),
        node.state.clone(),
        node.role.clone(),
        node.term.to_string(),
        node.leader.map_or("none".to_owned(), |leader| leader.to_string()),
        node.applied.to_string(),
        node.revision.to_string(),
        node.staleness_ms.map_or("unknown".to_owned(), |ms| format!("{ms} ms")),
        node.version.clone(),
    ]
}
