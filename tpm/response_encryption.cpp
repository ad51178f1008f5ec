#include "tpm/response_encryption.h"

#include <algorithm>
#include <string_view>

#include "tpm/libcrypto.h"
#include "tpm/memory.h"

namespace edgeseal::tpm {

bool decrypts_responses(Session& session) {
  constexpr const char* operation = "check the encryption of responses";
  const ByteView question = std::as_bytes(std::span(std::string_view("a question whose answer is known")));
  TPM2B_MAX_BUFFER input{};
  if (!assign(input, question)) return false;
  EsysPtr<TPM2B_DIGEST> digest;
  EsysPtr<TPMT_TK_HASHCHECK> ticket;
  session.run_beside(operation, [&](ESYS_CONTEXT* esys, ESYS_TR beside) {
    return Esys_Hash(esys, beside, ESYS_TR_NONE, ESYS_TR_NONE, &input, TPM2_ALG_SHA256, ESYS_TR_RH_NULL, out(digest),
                     out(ticket));
  });
  return std::ranges::equal(view(*digest), sha256({question}));
}

}  // namespace edgeseal::tpm
