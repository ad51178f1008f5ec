#include "tpm/session.h"

#include "tpm/leftovers.h"

namespace edgeseal::tpm {
namespace {

constexpr TPMA_SESSION kAtRest = TPMA_SESSION_CONTINUESESSION;

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

Session::Use::Use(Context& context, ESYS_TR session, TPMA_SESSION attributes) : context_(context), session_(session) {
  set_attributes(context_, session_, attributes);
}

Session::Use::~Use() {
  context_.restore_attributes(session_, kAtRest);
}

Session::Session(Context& context, ESYS_TR salt_key, Kind kind)
    : context_(context), handle_(start_session(context, salt_key, kind)) {
  set_attributes(context_, handle_.get(), kAtRest);
}

Session::Use Session::use(Encrypt parameters) {
  TPMA_SESSION attributes = attributes_for(parameters);
  if (!context_.encrypts_responses()) attributes &= static_cast<TPMA_SESSION>(~TPMA_SESSION_ENCRYPT);
  return Use(context_, handle_.get(), attributes);
}

Session::Use Session::accompany() {
  return Use(context_, handle_.get(),
             kAtRest | (context_.encrypts_responses() ? TPMA_SESSION_ENCRYPT : TPMA_SESSION_AUDIT));
}

}  // namespace edgeseal::tpm
