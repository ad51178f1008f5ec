#include "dbus/ctl/pin_prompt.h"

#include <utility>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/piped_program.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostPinBytes = 128;

constexpr const char* kRemedy = "give the PIN by: edgesealctl bundle submit-pin";

}  // namespace

SecretFile ask_password_agents() {
  const PipedProgram prompt({"systemd-ask-password", "--timeout=600", "--id=edgeseal:bundle-pin",
                             "--icon=dialog-password", "PIN of the provisioning bundle:"},
                            kRemedy);
  auto pin = SecretFile::read_line(prompt.output(), kMostPinBytes);
  if (!prompt.ended_well() || !pin) throw Failure(ExitCode::CommandNotRun, "nobody gave the PIN", kRemedy);
  return std::move(*pin);
}

}  // namespace edgeseal::ctl
