//! Filters that users ask for most: by consequence and frequency, and by inheritance in a family, whose
//! roles are chosen here or read from a PED file.

use super::TableQuery;
use super::popover::Popover;
use crate::browser;
use crate::components::IconName;
use dioxus::prelude::*;
use gas_shared::explorer::{
    ColumnSet, Filter, Individual, MAX_PEDIGREE_BYTES, Preset, Roles, Sex, parse_pedigree,
};
use std::fmt;

/// The id of the menu.
const MENU: &str = "explorer-presets";

/// The id of the input for a PED file.
const PEDIGREE_FILE: &str = "preset-pedigree-file";

/// The menu of presets.
#[component]
pub fn Presets(
    /// The query of the address.
    query: TableQuery,
    /// The samples that filters can have.
    samples: Vec<String>,
    /// The columns of the result.
    columns: ColumnSet,
    /// Whether the result has significances of ClinVar.
    has_clinvar: bool,
) -> Element {
    let mut roles = use_signal(|| roles_of(&query.filter).unwrap_or_else(|| guessed(&samples)));
    // The result of another job has other samples.
    let known = samples.clone();
    use_effect(use_reactive!(|known| {
        if !known.contains(&roles.peek().child) {
            roles.set(guessed(&known));
        }
    }));
    let is_family = samples.len() > 1;
    rsx! {
        Popover { id: MENU, label: "Presets", icon: IconName::List,
            ul { class: "plain presets",
                for preset in Preset::ALL {
                    if is_offered(preset, is_family, has_clinvar) {
                        li { key: "{preset.label()}",
                            Choice { query: query.clone(), preset, roles: roles(), columns: columns.clone() }
                        }
                    }
                }
            }
            if is_family {
                Family { samples, roles }
            }
        }
    }
}

/// Whether the result has what a preset needs.
const fn is_offered(preset: Preset, is_family: bool, has_clinvar: bool) -> bool {
    match preset {
        Preset::Inherited(_) => is_family,
        Preset::ClinVarPathogenic => has_clinvar,
        Preset::RareDamaging | Preset::LossOfFunction => true,
    }
}

/// A preset as a link, or what it lacks.
#[component]
fn Choice(query: TableQuery, preset: Preset, roles: Roles, columns: ColumnSet) -> Element {
    let description = preset.description(&columns);
    let Some(filter) = preset.filter(Some(&roles), &columns) else {
        return rsx! {
            span { class: "preset",
                {preset.label()}
                span { class: "muted", "Choose both parents below." }
            }
        };
    };
    let to = TableQuery { filter, ..query }.route();
    rsx! {
        Link {
            class: "preset",
            to,
            // The variants are behind the menu.
            onclick: move |_| browser::hide_popover(MENU),
            {preset.label()}
            span { class: "muted", "{description}" }
        }
    }
}

/// The roles of the samples, and a PED file that states them.
#[component]
fn Family(samples: Vec<String>, roles: Signal<Roles>) -> Element {
    let mut pedigree = use_signal(String::new);
    let names = use_memo(use_reactive!(|samples| samples));
    let found = use_memo(move || {
        let text = pedigree.read();
        (!text.trim().is_empty()).then(|| read(&text, &names.read()))
    });
    let is_bad = matches!(*found.read(), Some(Err(_)));
    use_effect(move || {
        if let Some(Ok(Trio { roles: found, .. })) = &*found.read() {
            let mut roles = roles;
            roles.set(found.clone());
        }
    });
    let open_file = move |_: FormEvent| async move {
        let Some(file) = browser::take_chosen(PEDIGREE_FILE).into_iter().next() else { return };
        // A larger file is rejected for its size, which the beginning shows, too.
        let end = file.content.size().min(MAX_PEDIGREE_BYTES as u64 + 1);
        if let Some(bytes) = file.content.read(0, end).await {
            pedigree.set(String::from_utf8_lossy(&bytes).into_owned());
        }
    };
    let set = move |edit: &dyn Fn(&mut Roles, Option<String>), value: String| {
        let mut roles = roles;
        edit(&mut roles.write(), Some(value).filter(|value| !value.is_empty()));
    };
    let current = roles();
    rsx! {
        fieldset { class: "choices",
            legend { "Family" }
            Role {
                label: "Child",
                samples: samples.clone(),
                chosen: Some(current.child.clone()),
                is_needed: true,
                onchoose: move |value| set(&|roles, name| roles.child = name.unwrap_or_default(), value),
            }
            Role {
                label: "Father",
                samples: samples.clone(),
                chosen: current.father.clone(),
                is_needed: false,
                onchoose: move |value| set(&|roles, name| roles.father = name, value),
            }
            Role {
                label: "Mother",
                samples: samples.clone(),
                chosen: current.mother.clone(),
                is_needed: false,
                onchoose: move |value| set(&|roles, name| roles.mother = name, value),
            }
            div { class: "field",
                label { r#for: "preset-sex", "Sex of the child" }
                select {
                    id: "preset-sex",
                    onchange: move |event| {
                        let mut roles = roles;
                        roles.write().sex = match event.value().as_str() {
                            "male" => Sex::Male,
                            "female" => Sex::Female,
                            _ => Sex::Unknown,
                        };
                    },
                    for (value, label, sex) in SEXES {
                        option { value, selected: current.sex == sex, {label} }
                    }
                }
            }
            div { class: "field",
                label { r#for: PEDIGREE_FILE, "Or open a PED file" }
                input { id: PEDIGREE_FILE, r#type: "file", accept: ".ped,.fam,.txt", onchange: open_file }
            }
            div { class: "field",
                label { r#for: "preset-pedigree", "Or paste its lines" }
                textarea {
                    id: "preset-pedigree",
                    rows: "3",
                    spellcheck: "false",
                    placeholder: "family child father mother 1 2",
                    value: pedigree,
                    "aria-invalid": is_bad,
                    "aria-describedby": found.read().is_some().then_some("preset-pedigree-result"),
                    oninput: move |event| pedigree.set(event.value()),
                }
                match &*found.read() {
                    Some(Err(problem)) => rsx! {
                        p { id: "preset-pedigree-result", class: "field-problem", {problem.clone()} }
                    },
                    Some(Ok(trio)) => rsx! {
                        p { id: "preset-pedigree-result", class: "muted", role: "status", {trio.to_string()} }
                    },
                    None => rsx! {},
                }
            }
        }
    }
}

/// The sexes with their values and labels.
const SEXES: [(&str, &str, Sex); 3] = [
    ("unknown", "Not stated", Sex::Unknown),
    ("male", "Male", Sex::Male),
    ("female", "Female", Sex::Female),
];

/// The choice of a sample.
#[component]
fn Role(
    label: &'static str,
    samples: Vec<String>,
    chosen: Option<String>,
    is_needed: bool,
    onchoose: EventHandler<String>,
) -> Element {
    let id = format!("preset-{}", label.to_ascii_lowercase());
    rsx! {
        div { class: "field",
            label { r#for: "{id}", {label} }
            select { id: "{id}", onchange: move |event| onchoose.call(event.value()),
                if !is_needed {
                    option { value: "", selected: chosen.is_none(), "None" }
                }
                for name in samples {
                    option {
                        key: "{name}",
                        value: "{name}",
                        selected: chosen.as_ref() == Some(&name),
                        "{name}"
                    }
                }
            }
        }
    }
}

/// The roles that a filter has.
fn roles_of(filter: &Filter) -> Option<Roles> {
    let how = filter.inheritance.clone()?;
    Some(Roles { child: how.child, father: how.father, mother: how.mother, sex: how.sex })
}

/// The roles that the names of the samples suggest. Of three samples whose names say nothing, the first is the
/// child, then come father and mother.
fn guessed(samples: &[String]) -> Roles {
    let named = |words: &[&str]| {
        let has = |name: &&String| {
            let name = name.to_ascii_lowercase();
            words.iter().any(|word| name.contains(word))
        };
        samples.iter().find(has).cloned()
    };
    let father = named(&["father", "dad", "paternal"]);
    let mother = named(&["mother", "mom", "mum", "maternal"]);
    let child = named(&["child", "proband", "kid", "index", "daughter"]);
    let is_parent =
        |name: &&String| father.as_ref() == Some(*name) || mother.as_ref() == Some(*name);
    let child = child.or_else(|| samples.iter().find(|name| !is_parent(name)).cloned());
    if let ([first, second, third], None, None) = (samples, &father, &mother)
        && child.as_ref() == Some(first)
    {
        let (father, mother) = (Some(second.clone()), Some(third.clone()));
        return Roles { child: first.clone(), father, mother, ..Roles::default() };
    }
    Roles { child: child.unwrap_or_default(), father, mother, ..Roles::default() }
}

/// The family that a PED file states.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Trio {
    roles: Roles,
    /// Parents that are affected, which the presets do not expect.
    affected_parents: Vec<String>,
}

impl fmt::Display for Trio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Roles { child, father, mother, .. } = &self.roles;
        let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
        write!(f, "Child {child}, father {}, mother {}.", name(father), name(mother))?;
        if !self.affected_parents.is_empty() {
            let parents = self.affected_parents.join(" and ");
            write!(f, " {parents} is also affected; the presets expect unaffected parents.")?;
        }
        Ok(())
    }
}

/// The family that a PED file states: the first affected individual of the file's samples with a parent among them.
///
/// # Errors
/// An error in the PED file with its line, or that the file lacks the individual.
fn read(text: &str, samples: &[String]) -> Result<Trio, String> {
    let all = parse_pedigree(text).map_err(|error| error.to_string())?;
    let is_sample = |name: &Option<String>| name.clone().filter(|name| samples.contains(name));
    let has_parent =
        |of: &&Individual| is_sample(&of.father).is_some() || is_sample(&of.mother).is_some();
    let children = || all.iter().filter(|one| samples.contains(&one.name)).filter(has_parent);
    let child = children().find(|child| child.affected == Some(true)).or_else(|| children().next());
    let child =
        child.ok_or("no sample of this file has a parent in the PED file among the samples")?;
    let roles = Roles {
        child: child.name.clone(),
        father: is_sample(&child.father),
        mother: is_sample(&child.mother),
        sex: child.sex,
    };
    let is_affected =
        |name: &&String| all.iter().any(|one| one.name == **name && one.affected == Some(true));
    let parents = [&roles.father, &roles.mother].into_iter().flatten();
    let affected_parents = parents.filter(is_affected).cloned().collect();
    Ok(Trio { roles, affected_parents })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
        names.map(str::to_owned).to_vec()
    }

    fn roles(found: &Roles) -> [Option<&str>; 3] {
        [Some(found.child.as_str()), found.father.as_deref(), found.mother.as_deref()]
    }

    #[test]
    fn roles_follow_the_names_of_the_samples() {
        let of = |samples: &[String]| guessed(samples);
        let named = of(&names(["Mother_1", "F1-father", "F1-child"]));
        assert_eq!(roles(&named), [Some("F1-child"), Some("F1-father"), Some("Mother_1")]);
        let trio = of(&names(["NA1", "NA2", "NA3"]));
        assert_eq!(roles(&trio), [Some("NA1"), Some("NA2"), Some("NA3")]);
        assert_eq!(roles(&of(&names(["NA1", "NA2"]))), [Some("NA1"), None, None]);
        assert_eq!(of(&[]), Roles::default());
    }

    #[test]
    fn a_ped_file_states_the_roles_or_what_is_wrong_with_it() {
        let samples = names(["a", "b", "c"]);
        let found = read("F b 0 0 1 1\nF c 0 0 2 1\nF a b c 2 2\n", &samples).unwrap();
        assert_eq!(roles(&found.roles), [Some("a"), Some("b"), Some("c")]);
        assert_eq!(found.roles.sex, Sex::Female);
        assert_eq!(found.to_string(), "Child a, father b, mother c.");
        let affected = read("F b 0 0 1 2\nF a b 0 1 2\n", &samples).unwrap().to_string();
        assert!(affected.contains("mother none. b is also affected"), "{affected}");
        assert!(read("F a b c x 2", &samples).unwrap_err().starts_with("line 1: \"x\""));
        assert!(read("F x y z 1 2", &samples).unwrap_err().contains("no sample"));
    }
}
