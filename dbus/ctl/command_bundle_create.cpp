// edgesealctl bundle create: a bundle for a device. Needs no agent.

#include <openssl/rand.h>

#include <chrono>

#include "dbus/ctl/bundle_code.h"
#include "dbus/ctl/bundle_key.h"
#include "dbus/ctl/commands.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/hexadecimal.h"
#include "dbus/ctl/pem.h"
#include "jose/bundle/bundle.h"
#include "jose/bundle/code.h"
#include "jose/error.h"
#include "jose/jwe.h"

namespace edgeseal::ctl {
namespace {

struct Wanted {
  std::string url, device, certificate_file, key_file, pkcs12_file, pkcs12_passphrase_file, secret_file, code_file, out;
  std::vector<std::string> ca_files;
  std::uint16_t port = 443;
  std::uint32_t iterations = jose::default_iterations;
  std::uint32_t valid_days = 30;
  bool force_short_code = false;
};

jose::Bytes bytes_of(const Der& der) {
  const auto* bytes = reinterpret_cast<const std::byte*>(der.data());
  return {bytes, bytes + der.size()};
}

std::vector<jose::Bytes> certificates(const std::string& path) {
  std::vector<jose::Bytes> all;
  for (const Der& der : certificates_of(read_file(path), path, PrivateKeys::Skip)) all.push_back(bytes_of(der));
  return all;
}

std::string new_identifier() {
  std::vector<std::uint8_t> random(16);
  if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1)
    throw Failure(ExitCode::Refused, "no random numbers");
  return to_hex(random);
}

jose::Bundle content(const Wanted& wanted) {
  jose::Bundle bundle;
  if (!wanted.device.empty()) bundle.device = wanted.device;
  bundle.not_after =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + std::chrono::days(wanted.valid_days);
  bundle.identifier = new_identifier();
  bundle.url = wanted.url;
  bundle.port = wanted.port;
  for (const std::string& path : wanted.ca_files)
    for (auto& certificate : certificates(path)) bundle.anchors.push_back(std::move(certificate));
  if (!wanted.certificate_file.empty()) bundle.certificate = certificates(wanted.certificate_file);
  if (!wanted.key_file.empty()) bundle.private_key = pkcs8_of_file(wanted.key_file);
  if (!wanted.pkcs12_file.empty()) read_pkcs12(wanted.pkcs12_file, wanted.pkcs12_passphrase_file, bundle);
  if (!wanted.secret_file.empty()) {
    const SecretFile secret = SecretFile::read_line(wanted.secret_file, jose::max_secret_length);
    const auto view = jose::bytes_of(secret.content());
    bundle.one_time_secret = {view.begin(), view.end()};
  }
  return bundle;
}

// Chosen by somebody: long enough, unless he insists.
jose::SecretText chosen_code(const Wanted& wanted) {
  const SecretFile code = read_code(wanted.code_file);
  if (jose::code_bits(code.content()) < jose::min_code_bits && !wanted.force_short_code)
    throw Failure(ExitCode::Usage, guess_of(code.content(), wanted.iterations),
                  "leave --code-file out for a code of 60 bits, or insist by --force-short-code");
  warn_of_short_code(code.content(), wanted.iterations);
  return jose::SecretText(code.content());
}

void create(const Wanted& wanted, Session& session) {
  if (wanted.out == "-")
    throw Failure(ExitCode::Usage, "the bundle can't go where its code goes, to the standard output",
                  "give --out a file");
  check_target(wanted.out, Existing::Keep);
  const bool chosen = !wanted.code_file.empty();
  const jose::SecretText code = chosen ? chosen_code(wanted) : jose::make_code();
  const jose::Bundle bundle = content(wanted);
  const std::string compact =
      jose::seal_jwe(jose::write_bundle(bundle), jose::split_code(code).password, wanted.iterations, jose::bundle_type);
  write_file(wanted.out, compact + "\n", Existing::Keep);
  if (session.output.json())
    return session.output.print_json(
        {{"file", wanted.out}, {"jti", bundle.identifier}, {"code", chosen ? std::string() : std::string(code)}});
  if (!chosen) session.output.print("Code: " + std::string(code) + "\n");
}

}  // namespace

void add_bundle_create(CLI::App& parent, Session& session) {
  auto wanted = std::make_shared<Wanted>();
  auto* command = parent.add_subcommand("create", "Make a bundle and the code that opens it, without an agent");
  command->add_option("--url", wanted->url, "https URL of the provisioning service, without a port")->required();
  command->add_option("--port", wanted->port, "Its port")->check(CLI::Range(1, 65535))->capture_default_str();
  command->add_option("--ca", wanted->ca_files, "CA certificates of the service, PEM or DER")
      ->type_name("FILE")
      ->required();
  command->add_option("--out", wanted->out, "File that the bundle is written to")->type_name("FILE")->required();
  command->add_option("--device", wanted->device, "Serial number or ProductInstanceUri. Default: any device");
  command->add_option("--valid-days", wanted->valid_days, "How long it may be opened")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str();
  command->add_option("--otp-file", wanted->secret_file, "One-time secret for the first enrolment")->type_name("FILE");
  auto* certificate = command
                          ->add_option("--certificate", wanted->certificate_file,
                                       "Client certificate and its chain: better let the device make its own key")
                          ->type_name("FILE");
  auto* key = command->add_option("--key", wanted->key_file, "Its private key, PEM, not encrypted")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
  auto* pkcs12 = command->add_option("--pkcs12", wanted->pkcs12_file, "Both of a PKCS#12 file")
                     ->type_name("FILE")
                     ->excludes(certificate);
  command->add_option("--pkcs12-passphrase-file", wanted->pkcs12_passphrase_file, "Default: it is asked for")
      ->type_name("FILE")
      ->needs(pkcs12);
  command->add_option("--iterations", wanted->iterations, "Of PBKDF2")
      ->check(CLI::Range(jose::min_iterations, jose::max_iterations))
      ->capture_default_str();
  command->add_option("--code-file", wanted->code_file, "A code of your own. Default: one of 60 bits is made")
      ->type_name("FILE");
  command->add_flag("--force-short-code", wanted->force_short_code, "Even if it is found soon by who has a copy");
  command->footer(
      "Example:\n  edgesealctl bundle create --url https://provision.example.com/device --port 18444 --ca plant-ca.pem "
      "\\\n      --device urn:maker:gateway:4711 --out device-4711.jwe");
  command->callback([wanted, &session] {
    try {
      create(*wanted, session);
    } catch (const jose::Error& error) {
      throw Failure(ExitCode::Usage, error.what());
    }
  });
}

}  // namespace edgeseal::ctl
