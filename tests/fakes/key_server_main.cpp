// Runs a command beside a key server with software keys:
//   edgeseal_key_server SOCKET [NAME=KEY.pem[,CERTIFICATE.pem...]]... [trust:CERTIFICATE.pem[,...]] --
//     COMMAND [ARGUMENT...]
// and writes the key reference of each key to KEY.pem.reference. Its exit status is that of the command.

#include <openssl/pem.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>
#include <string_view>

#include "provider/wire/key_reference.h"
#include "tests/fakes/key_server.h"

namespace {

using namespace edgeseal;

fakes::CertificatePtr read_certificate(const std::string& path) {
  const std::shared_ptr<BIO> file(BIO_new_file(path.c_str(), "r"), BIO_free);
  X509* certificate = file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr;
  if (certificate == nullptr) throw std::runtime_error("no certificate in " + path);
  return {certificate, X509_free};
}

void write_reference(const std::string& name, EVP_PKEY* key, const std::string& path) {
  const fakes::Bytes public_key = fakes::public_key_of(key);
  fakes::Bytes der(wire::max_key_reference_size);
  const std::size_t size = wire::encode({.key_name = name, .public_key = public_key}, der);
  const std::shared_ptr<BIO> file(BIO_new_file(path.c_str(), "w"), BIO_free);
  const std::string label(wire::key_reference_label);
  if (!file || PEM_write_bio(file.get(), label.c_str(), "", reinterpret_cast<const unsigned char*>(der.data()),
                             static_cast<long>(size)) <= 0) {
    throw std::runtime_error("cannot write " + path);
  }
}

// The files named behind the position, divided by commas.
std::vector<std::string> files_behind(std::size_t at, const std::string& description) {
  std::vector<std::string> files;
  while (at != std::string::npos) {
    const std::size_t comma = description.find(',', at + 1);
    files.push_back(description.substr(at + 1, comma == std::string::npos ? comma : comma - at - 1));
    at = comma;
  }
  return files;
}

std::vector<fakes::CertificatePtr> read_certificates(std::span<const std::string> files) {
  std::vector<fakes::CertificatePtr> certificates;
  for (const std::string& file : files) certificates.push_back(read_certificate(file));
  return certificates;
}

void add(fakes::KeyServer& server, const std::string& description) {
  if (description.starts_with("trust:")) return server.trust(read_certificates(files_behind(5, description)));
  const std::size_t equals = description.find('=');
  if (equals == std::string::npos) throw std::runtime_error("not NAME=KEY.pem: " + description);
  const std::string name = description.substr(0, equals);
  const std::vector<std::string> files = files_behind(equals, description);
  const auto chain = read_certificates(std::span(files).subspan(1));
  const fakes::PkeyPtr key = fakes::read_key(files.front());
  write_reference(name, key.get(), files.front() + ".reference");
  server.add_key(name, key, chain);
}

int run(char** command) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(command[0], command);
    std::perror(command[0]);
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return 125;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_beside_server(std::span<char*> arguments) {
  if (arguments.size() < 2) throw std::runtime_error("a socket path is missing");
  fakes::KeyServer server(arguments[1]);
  std::size_t next = 2;
  for (; next < arguments.size() && std::string_view(arguments[next]) != "--"; ++next) add(server, arguments[next]);
  if (next + 1 >= arguments.size()) throw std::runtime_error("a command after -- is missing");
  server.start();
  return run(&arguments[next + 1]);
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run_beside_server({arguments, static_cast<std::size_t>(count)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "edgeseal_key_server: %s\n", error.what());
    return 125;
  }
}
