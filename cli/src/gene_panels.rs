//! `gas-cli panels`: lists, saves, renames and deletes gene panels.

use crate::api::Api;
use crate::args::PanelAction;
use crate::dto::GenePanel;
use crate::error::CliError;
use crate::output::OutputFormat;
use gas_shared::saved::NewGenePanel;
use std::path::Path;

/// Runs a command.
pub async fn run(
    api: &Api,
    action: Option<PanelAction>,
    format: OutputFormat,
) -> Result<(), CliError> {
    match action {
        None | Some(PanelAction::List) => {
            for panel in api.gene_panels().await? {
                println!("{}", format.show(&panel, line));
            }
        }
        Some(PanelAction::Save { name, genes, file }) => {
            let genes = file.as_deref().map_or(Ok(genes), read)?;
            api.save_gene_panel(&NewGenePanel { name, genes }).await?;
        }
        Some(PanelAction::Rename { id, name }) => api.rename_gene_panel(id, &name).await?,
        Some(PanelAction::Remove { id }) => api.delete_gene_panel(id).await?,
    }
    Ok(())
}

/// Reads the symbols of a file.
fn read(path: &Path) -> Result<Vec<String>, CliError> {
    let text = std::fs::read_to_string(path).map_err(CliError::io(path))?;
    let symbols = text.split(|c: char| c.is_whitespace() || c == ',');
    let symbols: Vec<_> = symbols.filter(|symbol| !symbol.is_empty()).map(str::to_owned).collect();
    if symbols.is_empty() {
        return Err(CliError::File(format!("{} has no symbols of genes", path.display())));
    }
    Ok(symbols)
}

/// A gene panel as one line, beginning with its id.
fn line(panel: &GenePanel) -> String {
    format!("{}  {}  {}", panel.id, panel.name, panel.genes.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn symbols_are_separated_by_commas_and_white_space() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "SCN1A, KCNQ2\r\nTP53\tBRCA1\n").unwrap();
        assert_eq!(read(file.path()).unwrap(), ["SCN1A", "KCNQ2", "TP53", "BRCA1"]);
        std::fs::write(file.path(), " ,\n").unwrap();
        assert!(read(file.path()).unwrap_err().to_string().contains("no symbols of genes"));
    }

    #[test]
    fn a_panel_is_one_line() {
        let genes = vec!["SCN1A".to_owned(), "KCNQ2".to_owned()];
        let panel = GenePanel { id: Uuid::nil(), name: "epilepsy".to_owned(), genes };
        assert_eq!(line(&panel), format!("{}  epilepsy  SCN1A,KCNQ2", Uuid::nil()));
    }
}
