#include "enroll/helper/protocol.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "enroll/certificate_limits.h"
#include "enroll/printable.h"
#include "enroll/retry_after.h"
#include "jose/error.h"
#include "jose/strict_json.h"

namespace edgeseal::enroll::helper {
namespace {

using jose::Json;

std::string pem(const char* label, ByteView der) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require_openssl(bio && PEM_write_bio(bio.get(), label, "", octets(der), static_cast<long>(der.size())) > 0,
                  "PEM_write_bio");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Json text(std::string_view value) {
  return jose::SecretText(value);
}

Json anchors_of(const Question& question) {
  Json list = Json::array();
  for (const Bytes& anchor : question.anchors) list.push_back(text(pem(PEM_STRING_X509, anchor)));
  return list;
}

SecretBytes line_of(const Json& json) {
  try {
    const jose::SecretText line = json.dump() + "\n";
    const ByteView bytes = bytes_of(line);
    return {bytes.begin(), bytes.end()};
  } catch (const Json::exception&) {
    throw Error(ErrorClass::policy, "a helper takes a user name, a secret and a URL in UTF-8 alone");
  }
}

struct PemBlock {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;

  PemBlock() = default;
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() {
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  [[nodiscard]] ByteView content() const {
    return {reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
  }
};

[[noreturn]] void refuse(const std::string& reason) {
  throw Error(ErrorClass::transport, "the helper's answer is not that of docs/helper.md: " + reason);
}

void add_certificates(std::string_view text, std::vector<Certificate>& certificates) {
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  require_openssl(bio != nullptr, "BIO_new_mem_buf");
  for (;;) {
    PemBlock block;
    if (PEM_read_bio(bio.get(), &block.label, &block.header, &block.data, &block.size) != 1) break;
    certificates.push_back(parse_certificate(block.content()));
    if (!certificates.back() || certificates.size() > max_certificates)
      refuse("a PEM block is no certificate, or one too many");
  }
  ERR_clear_error();
}

void require_version(const Json& answer) {
  const auto version = answer.find("version");
  if (version == answer.end() || *version != protocol_version)
    refuse(fmt::format("its version is not {}", protocol_version));
}

std::string message_of(const Json& answer) {
  return printable(jose::find_text(answer, "message").value_or("it gives no reason"));
}

std::chrono::seconds delay_of(const Json& answer) {
  const auto delay = answer.find("delay");
  if (delay == answer.end() || !delay->is_number_integer()) return default_retry;
  if (delay->is_number_unsigned() && delay->get<std::uint64_t>() > std::uint64_t(max_retry.count())) return max_retry;
  return bounded_retry(std::chrono::seconds(delay->get<std::int64_t>()));
}

std::vector<Certificate> certificates_in(const Json& answer) {
  std::vector<Certificate> certificates;
  add_certificates(jose::require_text(answer, "certificate"), certificates);
  if (certificates.empty()) refuse("'certificate' is none in PEM");
  if (const auto chain = jose::find_text(answer, "chain")) add_certificates(*chain, certificates);
  return certificates;
}

// Its words are worth something also where the rest is not.
Json answer_of(const ProgramEnd& end) {
  if (end.output.empty() && end.exit_status != 0) return Json::object();
  const Json answer = jose::parse_json_object(text_of(end.output), "the helper's answer");
  require_version(answer);
  return answer;
}

std::vector<Certificate> judged(const ProgramEnd& end) {
  const Json answer = answer_of(end);
  const auto failed = [&answer](const char* what) {
    return fmt::format("the helper {}: {}", what, message_of(answer));
  };
  switch (static_cast<ExitStatus>(end.exit_status)) {
    case ExitStatus::issued: return certificates_in(answer);
    case ExitStatus::wait: throw Error(ErrorClass::waiting, failed("waits for a decision"), default_retry);
    case ExitStatus::wait_with_delay:
      throw Error(ErrorClass::waiting, failed("waits for a decision"), delay_of(answer));
    case ExitStatus::rejected: throw Error(ErrorClass::rejected, failed("was refused a certificate"));
    case ExitStatus::unreachable: throw Error(ErrorClass::transport, failed("reaches no authority"));
    case ExitStatus::need_credentials: throw Error(ErrorClass::credentials, failed("needs other credentials"));
    case ExitStatus::not_supported: throw Error(ErrorClass::policy, failed("does not do what it was asked for"));
  }
  throw Error(ErrorClass::transport, failed(fmt::format("ended with status {}", end.exit_status).c_str()));
}

}  // namespace

SecretBytes encode(const Question& question) {
  Json json = Json::object();
  json["version"] = protocol_version;
  json["operation"] = text(question.certificate ? "renew" : "enrol");
  json["job"] = text(question.job);
  json["url"] = text(question.url);
  json["request"] = text(pem(PEM_STRING_X509_REQ, question.request));
  json["anchors"] = anchors_of(question);
  if (question.certificate) json["certificate"] = text(pem(PEM_STRING_X509, *question.certificate));
  if (question.password != nullptr) {
    json["user"] = text(question.password->user);
    json["secret"] = text(text_of(question.password->secret));
  }
  return line_of(json);
}

std::vector<Certificate> issued_certificates(const ProgramEnd& end) {
  try {
    return judged(end);
  } catch (const jose::Error& error) {
    refuse(error.what());
  }
}

}  // namespace edgeseal::enroll::helper
