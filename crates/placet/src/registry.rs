//! The registry of the home folder, for the commands that work with it.

use placet_registry::{Place, Registry, RegistryError};

use crate::{Context, Exit, Failure};

/// Opens the registry of `--home`, or of `--database`.
pub(crate) fn open(context: &Context) -> Result<Registry, Failure> {
    Ok(Registry::open_in(&place(context), context.now)?)
}

/// Where registry and journal lie.
pub(crate) fn place(context: &Context) -> Place {
    Place { home: context.home.clone(), database: context.database.clone() }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Failure {
        let exit = match &error {
            RegistryError::Missing { .. }
            | RegistryError::Exists { .. }
            | RegistryError::UnknownWorks { .. }
            | RegistryError::Unknown { .. }
            | RegistryError::Address { .. }
            | RegistryError::Key { .. } => Exit::Usage,
            RegistryError::Damaged { .. }
            | RegistryError::Newer { .. }
            | RegistryError::Read { .. }
            | RegistryError::Table { .. }
            | RegistryError::Catalogue { .. } => Exit::Input,
            RegistryError::Locked { .. }
            | RegistryError::Full { .. }
            | RegistryError::Unreachable { .. }
            | RegistryError::Write { .. } => Exit::Unavailable,
            _ => Exit::Internal,
        };
        let remedy = error.remedy();
        let failure = Failure::new(exit, error);
        match remedy {
            Some(remedy) => failure.hint(remedy),
            None => failure,
        }
    }
}
