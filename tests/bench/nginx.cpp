#include "tests/bench/nginx.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>
#include <system_error>

#include "policy/unique_fd.h"

namespace edgeseal::bench {
namespace {

// Not closed by exec: nginx inherits it, and leaves it as it is. Two workers wake up for one client: the other must not
// wait for the next.
policy::UniqueFd listen_on(const std::filesystem::path& path) {
  policy::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) throw std::length_error(path);
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  if (!listener || ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0)
    throw std::system_error(errno, std::generic_category(), path);
  return listener;
}

}  // namespace

// In the way of its change to a new binary (nginx.org, "Controlling nginx") it takes over a socket that listens
// already.
Nginx::Nginx(const Settings& settings) {
  const policy::UniqueFd listener = listen_on(socket());
  ChildProcess::Start start{
      .command = {"nginx", "-p", directory_.path(), "-e", "stderr", "-c", write_configuration(settings)},
      .environment = settings.environment,
      .log = directory_.file("log")};
  start.environment["OPENSSL_CONF"] = settings.openssl_configuration;
  start.environment["NGINX"] = fmt::format("{};", listener.get());
  process_.emplace(start);
}

std::filesystem::path Nginx::write_configuration(const Settings& settings) const {
  std::filesystem::path file = directory_.path() / "nginx.conf";
  std::ofstream(file) << fmt::format(
      "user root;\nworker_processes {};\ndaemon off;\npid pid;\nerror_log stderr warn;\nevents {{ }}\n"
      "http {{\n  access_log off;\n"
      "  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;\n"
      "  scgi_temp_path scgi;\n  ssl_session_cache off;\n  ssl_session_tickets off;\n"
      "  server {{\n    listen unix:{} ssl;\n    ssl_protocols TLSv1.3;\n    ssl_certificate {};\n"
      "    ssl_certificate_key {};\n    return 204;\n  }}\n}}\n",
      settings.workers, socket().native(), settings.certificate.native(), settings.key.native());
  return file;
}

}  // namespace edgeseal::bench
