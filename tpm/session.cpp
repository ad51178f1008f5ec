#include "tpm/session.h"

#include "tpm/leftovers.h"

namespace edgeseal::tpm {
namespace {

constexpr TPMA_SESSION kAtRest = TPMA_SESSION_CONTINUESESSION;

constexpr const char* kOutdatedRemedy =
    "another program has left a session unused for so long that the TPM begins no new one. End or restart it (fuser -v "
    "/dev/tpmrm0 names who has the TPM open), or restart the machine";

Handle start_session_once(Context& context, ESYS_TR salt_key, Session::Kind kind) {
  TPMT_SYM_DEF symmetric{};
  symmetric.algorithm = TPM2_ALG_AES;
  symmetric.keyBits.aes = 128;
  symmetric.mode.aes = TPM2_ALG_CFB;
  ESYS_TR session = ESYS_TR_NONE;
  context.run("start session", [&](ESYS_CONTEXT* esys) {
    return Esys_StartAuthSession(esys, salt_key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, nullptr,
                                 kind == Session::Kind::policy ? TPM2_SE_POLICY : TPM2_SE_HMAC, &symmetric,
                                 TPM2_ALG_SHA256, &session);
  });
  return Handle(context, session, Handle::Release::flush);
}

// A process that ended without cleaning up leaves its session in a chip without resource manager. Later one of the
// sessions in the chip is ours.
Handle start_session(Context& context, ESYS_TR salt_key, Session::Kind kind) {
  try {
    return start_session_once(context, salt_key, kind);
  } catch (const Error& error) {
    if (outdated_session(error.rc())) throw Error(error.operation(), error.rc(), Fault::busy, kOutdatedRemedy);
    if (!out_of_sessions(error.rc())) throw;
    if (kind != Session::Kind::hmac) throw full_chip(error);
  }
  flush_sessions(context);
  return start_session_once(context, salt_key, kind);
}

// Must succeed: else a secret would cross the bus in the clear.
void set_attributes(Context& context, ESYS_TR session, TPMA_SESSION attributes) {
  context.run("set session attributes", [&](ESYS_CONTEXT* esys) {
    return Esys_TRSess_SetAttributes(esys, session, attributes, Context::kAllAttributes);
  });
}

// Of a session, for one command.
class Attributes {
 public:
  Attributes(Context& context, ESYS_TR session, TPMA_SESSION attributes) : context_(context), session_(session) {
    set_attributes(context_, session_, attributes);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { context_.restore_attributes(session_, kAtRest); }

 private:
  Context& context_;
  ESYS_TR session_;
};

// The names are the TPM's: it decrypts a command and encrypts a response.
TPMA_SESSION attributes_for(Session::Encrypt parameters) noexcept {
  switch (parameters) {
    case Session::Encrypt::nothing: return kAtRest;
    case Session::Encrypt::command: return kAtRest | TPMA_SESSION_DECRYPT;
    case Session::Encrypt::response: return kAtRest | TPMA_SESSION_ENCRYPT;
    case Session::Encrypt::both: return kAtRest | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT;
  }
  return kAtRest;
}

}  // namespace

Session::Session(Context& context, ESYS_TR salt_key, Kind kind)
    : context_(context), handle_(start_session(context, salt_key, kind)) {
  set_attributes(context_, handle_.get(), kAtRest);
}

void Session::run(const char* operation, Encrypt parameters, const Command& command) {
  TPMA_SESSION attributes = attributes_for(parameters);
  if (!context_.encrypts_responses()) attributes &= static_cast<TPMA_SESSION>(~TPMA_SESSION_ENCRYPT);
  run_with(attributes, operation, command);
}

void Session::run_beside(const char* operation, const Command& command) {
  run_with(kAtRest | (context_.encrypts_responses() ? TPMA_SESSION_ENCRYPT : TPMA_SESSION_AUDIT), operation, command);
}

void Session::run_with(TPMA_SESSION attributes, const char* operation, const Command& command) {
  const Attributes while_it_runs(context_, handle_.get(), attributes);
  context_.run(operation, [&](ESYS_CONTEXT* esys) { return command(esys, handle_.get()); });
}

}  // namespace edgeseal::tpm
