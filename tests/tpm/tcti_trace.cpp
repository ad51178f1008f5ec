// A TCTI that stands between a program and its TPM, to count commands, to make them fail and to slow them:
//
//   /path/to/libedgeseal-tcti-trace.so:CHILD      CHILD is a TCTI configuration string, e.g. swtpm:path=/tmp/x/tpm
//
// EDGESEAL_TCTI_TRACE   a file to which the code of each command is appended, eight hexadecimal digits a line
// EDGESEAL_TCTI_DUMP    a file to which the bytes of all commands and responses are appended as they cross the bus
// EDGESEAL_TCTI_SCRIPT  a file with faults and delays, read when the connection is opened; see tcti_script.h
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include "tests/tpm/tcti_script.h"

namespace edgeseal::test {
namespace {

constexpr std::size_t kHeaderSize = 10;  // tag, size, command or response code

struct ChildFinalize {
  void operator()(TSS2_TCTI_CONTEXT* child) const noexcept { Tss2_TctiLdr_Finalize(&child); }
};

struct State {
  std::unique_ptr<TSS2_TCTI_CONTEXT, ChildFinalize> child;
  TctiScript script;
  TctiScript::Action action;  // for the command that was transmitted last
};

// The caller's memory, laid out as the TSS wants it; `state` is ours.
struct Context {
  TSS2_TCTI_CONTEXT_COMMON_V2 common;
  State* state;
};

State& state_of(TSS2_TCTI_CONTEXT* tcti) {
  return *reinterpret_cast<Context*>(tcti)->state;
}

std::uint32_t command_code(std::span<const std::uint8_t> command) {
  if (command.size() < kHeaderSize) return 0;
  return static_cast<std::uint32_t>(command[6]) << 24 | static_cast<std::uint32_t>(command[7]) << 16 |
         static_cast<std::uint32_t>(command[8]) << 8 | command[9];
}

// Appends to the file that an environment variable names, if it names one.
void append(const char* variable, std::span<const std::uint8_t> bytes) {
  const char* path = getenv(variable);
  if (path == nullptr) return;
  const int file = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::write(file, bytes.data(), bytes.size()) < 0) perror(path);
  if (file >= 0) ::close(file);
}

void trace(std::span<const std::uint8_t> command) {
  std::array<char, sizeof "00000000\n"> line{};
  const int size = snprintf(line.data(), line.size(), "%08x\n", command_code(command));
  append("EDGESEAL_TCTI_TRACE", {reinterpret_cast<const std::uint8_t*>(line.data()), static_cast<std::size_t>(size)});
  append("EDGESEAL_TCTI_DUMP", command);
}

bool answered_by_chip(TSS2_RC rc) {
  return (rc & TSS2_RC_LAYER_MASK) == TSS2_TPM_RC_LAYER;
}

// A response that is nothing but the code.
TSS2_RC answer(TSS2_RC rc, std::size_t* size, std::uint8_t* response) {
  if (!answered_by_chip(rc)) return rc;
  const std::array<std::uint8_t, kHeaderSize> header{
      0x80, 0x01, 0, 0, 0, kHeaderSize, 0, 0, static_cast<std::uint8_t>(rc >> 8), static_cast<std::uint8_t>(rc)};
  if (response != nullptr) {
    if (*size < header.size()) return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
    std::copy(header.begin(), header.end(), response);
  }
  *size = header.size();
  return TSS2_RC_SUCCESS;
}

TSS2_RC transmit(TSS2_TCTI_CONTEXT* tcti, std::size_t size, const std::uint8_t* command) {
  State& state = state_of(tcti);
  trace({command, size});
  state.action = state.script.next(command_code({command, size}));
  std::this_thread::sleep_for(state.action.delay);
  return state.action.rc ? TSS2_RC_SUCCESS : Tss2_Tcti_Transmit(state.child.get(), size, command);
}

TSS2_RC receive(TSS2_TCTI_CONTEXT* tcti, std::size_t* size, std::uint8_t* response, std::int32_t timeout) {
  State& state = state_of(tcti);
  if (state.action.rc) return answer(*state.action.rc, size, response);
  const TSS2_RC rc = Tss2_Tcti_Receive(state.child.get(), size, response, timeout);
  if (rc != TSS2_RC_SUCCESS || response == nullptr) return rc;
  response[*size - 1] ^= static_cast<std::uint8_t>(state.action.alter);
  append("EDGESEAL_TCTI_DUMP", {response, *size});
  return rc;
}

void finalize(TSS2_TCTI_CONTEXT* tcti) {
  delete &state_of(tcti);
}

TSS2_RC cancel(TSS2_TCTI_CONTEXT* tcti) {
  return Tss2_Tcti_Cancel(state_of(tcti).child.get());
}

TSS2_RC get_poll_handles(TSS2_TCTI_CONTEXT* tcti, TSS2_TCTI_POLL_HANDLE* handles, std::size_t* count) {
  return Tss2_Tcti_GetPollHandles(state_of(tcti).child.get(), handles, count);
}

TSS2_RC set_locality(TSS2_TCTI_CONTEXT* tcti, std::uint8_t locality) {
  return Tss2_Tcti_SetLocality(state_of(tcti).child.get(), locality);
}

TSS2_RC make_sticky(TSS2_TCTI_CONTEXT* tcti, TPM2_HANDLE* handle, std::uint8_t sticky) {
  return Tss2_Tcti_MakeSticky(state_of(tcti).child.get(), handle, sticky);
}

TctiScript read_script() {
  const char* path = getenv("EDGESEAL_TCTI_SCRIPT");
  return path == nullptr ? TctiScript() : TctiScript::from_file(path);
}

TSS2_RC open_child(const char* child, Context& context) {
  TSS2_TCTI_CONTEXT* raw = nullptr;
  auto state = std::make_unique<State>();
  state->script = read_script();
  const TSS2_RC rc = Tss2_TctiLdr_Initialize(child, &raw);
  if (rc != TSS2_RC_SUCCESS) return rc;
  state->child.reset(raw);
  context.common = {{0x6564676573656131, 2, transmit, receive, finalize, cancel, get_poll_handles, set_locality},
                    make_sticky};
  context.state = state.release();
  return TSS2_RC_SUCCESS;
}

// Called twice (TSS 2.0 TCTI specification §3.4): without a context for its size, then to fill it.
TSS2_RC initialize(TSS2_TCTI_CONTEXT* tcti, std::size_t* size, const char* child) {
  if (tcti == nullptr) {
    *size = sizeof(Context);
    return TSS2_RC_SUCCESS;
  }
  try {
    return open_child(child, *reinterpret_cast<Context*>(tcti));
  } catch (const std::exception& error) {
    fprintf(stderr, "%s\n", error.what());
    return TSS2_TCTI_RC_BAD_VALUE;
  }
}

constexpr TSS2_TCTI_INFO kInfo{2, "edgeseal-tcti-trace", "Counts commands, makes them fail, slows them",
                               "the configuration string of the TCTI behind it", initialize};

}  // namespace
}  // namespace edgeseal::test

extern "C" [[gnu::visibility("default")]] const TSS2_TCTI_INFO* Tss2_Tcti_Info() {
  return &edgeseal::test::kInfo;
}
