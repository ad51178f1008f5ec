#include "dbus/ctl/key_file.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <memory>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/passphrase.h"

namespace edgeseal::ctl {
namespace {

constexpr size_t kMostKeyBytes = 65536;

using Pkcs12 = std::unique_ptr<PKCS12, decltype(&PKCS12_free)>;
using EncryptedPkcs8 = std::unique_ptr<X509_SIG, decltype(&X509_SIG_free)>;

const unsigned char* bytes_of(std::string_view encoded) {
  return reinterpret_cast<const unsigned char*>(encoded.data());
}

bool is_pkcs12(std::string_view encoded) {
  const unsigned char* position = bytes_of(encoded);
  return Pkcs12(d2i_PKCS12(nullptr, &position, static_cast<long>(encoded.size())), &PKCS12_free) != nullptr;
}

bool is_encrypted_pkcs8(std::string_view encoded) {
  const unsigned char* position = bytes_of(encoded);
  return EncryptedPkcs8(d2i_X509_SIG(nullptr, &position, static_cast<long>(encoded.size())), &X509_SIG_free) != nullptr;
}

}  // namespace

bool is_encrypted(std::string_view encoded) {
  if (encoded.find("-----BEGIN") != std::string_view::npos) return encoded.find("ENCRYPTED") != std::string_view::npos;
  const bool encrypted = is_pkcs12(encoded) || is_encrypted_pkcs8(encoded);
  ERR_clear_error();
  return encrypted;
}

void add_key_options(CLI::App& command, KeyFile& file, const std::string& format_option) {
  command.add_option(format_option, file.format, "Default: found out")->type_name("{PEM,DER,PFX,TSS2}");
  command
      .add_option("--passphrase-file", file.passphrase_file,
                  "File with the passphrase of the key, - is the standard input; default: asked for where needed")
      ->type_name("FILE");
  command.add_option("--protection", file.protection, "Default: what the slot declares")->type_name("{tpm,sealed}");
}

OpenedKey open_key(const KeyFile& file) {
  if (file.path == "-" && file.passphrase_file == "-") {
    throw Failure(ExitCode::Usage, "key and passphrase can't both come from the standard input",
                  "give a file for one of them");
  }
  OpenedKey opened{SecretFile::read(file.path, kMostKeyBytes), std::nullopt};
  if (!file.passphrase_file.empty()) {
    opened.passphrase.emplace(read_passphrase(file.passphrase_file));
  } else if (is_encrypted(opened.key.content())) {
    opened.passphrase.emplace(ask_passphrase({.prompt = "Passphrase of " + file.path, .option = "--passphrase-file"}));
  }
  return opened;
}

}  // namespace edgeseal::ctl
