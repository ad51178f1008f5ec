#pragma once

#include "dbus/ctl/agent_connection.h"
#include "dbus/ctl/attachment_plan.h"
#include "dbus/ctl/service_manager.h"

namespace edgeseal::ctl {

// Writes the files, has the agent give access, and starts to watch for renewals. Where the agent refuses, a new
// attachment is taken back.
void attach(const AttachmentPlan& plan, const Attachments& attachments, AgentConnection& agent,
            ServiceManager& manager);

enum class AccessAfterDetach { Taken, Kept };

// Takes back what attach() did, all of it or what is left. The access rule is kept where the attachment did not bring
// it, where another group of the application still needs it, and where a configuration file has it now.
AccessAfterDetach detach(const Attachment& attachment, const Attachments& attachments, AgentConnection& agent,
                         ServiceManager& manager);

}  // namespace edgeseal::ctl
