#pragma once

#include <string_view>

#include "agent/staging/staged_file.h"

namespace edgeseal::agent {

// The ways in which staged files carry certificates, added to `file`. `where`: for messages. All throw what
// parse_staged_file() does.

// "PEM or bare base64", with any white space.
void read_text(std::string_view text, std::string_view where, StagedFile& file);
// One certificate, or one private key, which is told by its structure.
void read_der(ByteView der, std::string_view where, StagedFile& file);

void add_url(StagedFile& file, std::string url);

}  // namespace edgeseal::agent
