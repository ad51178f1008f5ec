#include "tpm/tcti.h"

#include <errno.h>
#include <fcntl.h>
#include <tss2/tss2_rc.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "tpm/error.h"

namespace edgeseal::tpm {
namespace {

// Why the device node behind "device:PATH" cannot be opened, 0 if it can or if it is another kind of TCTI: libtss2 says
// no more than "IO error".
int device_errno(const std::string& configuration) {
  constexpr std::string_view kind = "device:";
  if (!configuration.starts_with(kind)) return 0;
  const int descriptor = ::open(configuration.c_str() + kind.size(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return errno;
  ::close(descriptor);
  return 0;
}

// What a person can do about it; empty where the reason says it all.
std::string remedy(int device_problem) {
  switch (device_problem) {
    case EBUSY: return ". Another program holds it; let all use the resource manager, /dev/tpmrm0";
    case EACCES: return ". The account of the agent must be in the group that may open it, tss";
    case EPERM:
      return ". The unit of the agent may not use it: systemctl restart edgeseald, where its driver was loaded later; "
             "else give it DeviceAllow=";
    default: return "";
  }
}

// TPM2_FlushContext without sessions (TPM 2.0 Part 3 §28.4): tag, size, command code, handle.
std::array<std::uint8_t, 14> flush_command(TPM2_HANDLE handle) noexcept {
  std::array<std::uint8_t, 14> command{0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65};
  for (std::size_t i = 0; i < 4; ++i) command[10 + i] = static_cast<std::uint8_t>(handle >> (24 - 8 * i));
  return command;
}

bool exchange(TSS2_TCTI_CONTEXT* tcti, std::span<const std::uint8_t> command) noexcept {
  std::array<std::uint8_t, TPM2_MAX_RESPONSE_SIZE> response{};
  std::size_t size = response.size();
  return Tss2_Tcti_Transmit(tcti, command.size(), command.data()) == TSS2_RC_SUCCESS &&
         Tss2_Tcti_Receive(tcti, &size, response.data(), TSS2_TCTI_TIMEOUT_BLOCK) == TSS2_RC_SUCCESS;
}

}  // namespace

Error unreachable(const std::string& configuration, TSS2_RC rc, int device_problem) {
  const std::string reason = device_problem != 0 ? std::generic_category().message(device_problem) : Tss2_RC_Decode(rc);
  return Error("open TPM", device_problem == EBUSY ? Fault::busy : Fault::absent,
               configuration + ": " + reason + remedy(device_problem));
}

Tcti open_tcti(const std::string& configuration) {
  TSS2_TCTI_CONTEXT* tcti = nullptr;
  const TSS2_RC rc = Tss2_TctiLdr_Initialize(configuration.c_str(), &tcti);
  if (rc != TSS2_RC_SUCCESS) throw unreachable(configuration, rc, device_errno(configuration));
  return Tcti(tcti);
}

void flush_abandoned(const std::string& configuration, std::span<const TPM2_HANDLE> handles) noexcept {
  TSS2_TCTI_CONTEXT* raw = nullptr;
  if (handles.empty() || Tss2_TctiLdr_Initialize(configuration.c_str(), &raw) != TSS2_RC_SUCCESS) return;
  const Tcti tcti(raw);
  for (const TPM2_HANDLE handle : handles) {
    if (!exchange(tcti.get(), flush_command(handle))) return;
  }
}

}  // namespace edgeseal::tpm
