// What the parser of staged files takes is within its limits, and what it takes is judged without a fault.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "agent/certificates/certificate.h"
#include "agent/error.h"
#include "agent/staging/clear_key.h"
#include "agent/staging/staged_file.h"
#include "agent/staging/staged_judgement.h"
#include "agent/staging/staged_url.h"

namespace {

using namespace edgeseal::agent;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Work>
void attempt(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    require(error.code() == Code::invalid_argument || error.code() == Code::request_too_large ||
            error.code() == Code::user_access_denied);
  }
}

void judge(const StagedFile& file) {
  require(file.certificates.size() + file.urls.size() + file.private_keys.size() <= max_staged_entries);
  const StagedJudge judge{{}, std::chrono::sys_days(std::chrono::year(2030) / 1 / 1), true};
  const TrustStore nobody{TrustList{}};
  for (const Bytes& certificate : file.certificates) {
    require(certificate.size() <= max_certificate_size);
    (void)judge_staged(certificate, nobody, judge);
  }
  for (const SecretBytes& key : file.private_keys) (void)public_key_of_clear_key(key.view());
  for (const std::string& url : file.urls) attempt([&] { require_allowed(url, {true, {}}); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  attempt([&] { judge(parse_staged_file(SecretBytes(input))); });
  attempt([&] { judge(parse_downloaded_certificates(input)); });
  return 0;
}
