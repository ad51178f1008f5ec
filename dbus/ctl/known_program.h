#pragma once

#include <string>
#include <vector>

#include "dbus/ctl/attachment.h"

namespace edgeseal::ctl {

// What is known of the programs that gateways run, by the name of their unit.
struct KnownProgram {
  std::string account;             // it becomes this one before it opens certificate and key; empty: root opens them
  std::string chroot;              // where its distribution locks it in, empty: nowhere
  bool wants_copies = false;       // it refuses a key file of an owner other than root and itself
  std::vector<std::string> lines;  // of its configuration, with @CERTIFICATE@, @KEY@, @BUNDLE@ and @OPENSSL_CONF@
};

// Without a known name: general words.
[[nodiscard]] KnownProgram known_program(const std::string& service);

// What to put into the configuration of the program.
[[nodiscard]] std::vector<std::string> configuration_lines(const Attachment& attachment,
                                                           const AttachmentPlaces& places);

}  // namespace edgeseal::ctl
