#pragma once

#include "dbus/ctl/agent_connection.h"

namespace edgeseal::ctl {

// The call that starts the agent would be the first to see the TPM as one that is not there: it is being opened. And
// setup that opens by itself is locked until the TPM has spoken for the disk. Waits for both, some seconds at most.
// False: the TPM has not spoken yet.
bool await_tpm(AgentConnection& connection);

}  // namespace edgeseal::ctl
