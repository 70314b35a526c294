//! What operators do to users, for pages and the REST API.

use super::Web;
use gas_backend::usecases::{self, OperationError, Operator};
use gas_shared::UserId;
use gas_shared::operations::UserAction;

/// Acts on a user. The event streams of a blocked user end: those of this process at once, all others within a minute.
///
/// # Errors
/// [`OperationError`].
pub async fn act_on_user(
    web: &Web,
    operator: Operator,
    user: UserId,
    action: UserAction,
) -> Result<(), OperationError> {
    usecases::act_on_user(&web.billing, operator, user, action).await?;
    if action == UserAction::Block {
        web.hub.end_streams(user);
    }
    Ok(())
}
