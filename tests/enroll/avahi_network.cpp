#include "tests/enroll/avahi_network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "dbus/compat.h"
#include "tests/wait_until.h"

namespace edgeseal::test {
namespace {

constexpr std::int32_t any = -1;       // AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC
constexpr std::int32_t running = 2;    // AVAHI_SERVER_RUNNING
constexpr std::int32_t announced = 2;  // AVAHI_ENTRY_GROUP_ESTABLISHED

constexpr const char* configuration = R"([server]
host-name=plant
domain-name=local
use-ipv4=yes
use-ipv6=no
allow-interfaces=lo
ratelimit-interval-usec=0
[wide-area]
enable-wide-area=no
[publish]
publish-hinfo=no
publish-workstation=no
)";

void require(bool done, const std::string& operation) {
  if (!done) throw std::runtime_error(operation + ": " + std::strerror(errno));
}

void bring_up_loopback() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(static_cast<char*>(request.ifr_name), "lo");
  require(::ioctl(socket, SIOCGIFFLAGS, &request) == 0, "SIOCGIFFLAGS");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_MULTICAST);
  require(::ioctl(socket, SIOCSIFFLAGS, &request) == 0, "SIOCSIFFLAGS");
  ::close(socket);
}

void hide(const char* directory) {
  require(::mount("none", directory, "tmpfs", 0, nullptr) == 0, directory);
}

std::int32_t state_of(sdbus::IProxy& object, const char* interface) try {
  std::int32_t state = any;
  object.callMethod("GetState").onInterface(interface).storeResultsTo(state);
  return state;
} catch (const sdbus::Error&) {  // not there yet
  return any;
}

void wait_for(sdbus::IProxy& object, const char* interface, std::int32_t state) {
  wait_until(std::string("a state of ") + interface, [&] { return state_of(object, interface) == state; });
}

}  // namespace

// What avahi-daemon keeps in /run, and services of the machine in /etc/avahi, are not seen here, nor touched.
AvahiNetwork::PrivateNetwork::PrivateNetwork() {
  require(::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "unshare, which takes root");
  require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount");
  hide("/run");
  hide("/etc/avahi");
  require(::mkdir("/etc/avahi/services", 0755) == 0, "mkdir");
  bring_up_loopback();
}

AvahiNetwork::AvahiNetwork() {
  start();
  connection_ = sdbus::createSystemBusConnection();
  wait_for(*proxy("/"), "org.freedesktop.Avahi.Server", running);
}

AvahiNetwork::~AvahiNetwork() {
  groups_.clear();
  stop();
}

void AvahiNetwork::start() {
  std::string file = bus_.directory() / "avahi.conf";
  std::ofstream(file) << configuration;
  const std::string log = bus_.directory() / "avahi.log";
  std::array<std::string, 7> words{
      "avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", "--no-proc-title", "-f", file};
  std::array<char*, 8> arguments{};
  for (std::size_t at = 0; at < words.size(); ++at) arguments.at(at) = words.at(at).data();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, descriptor, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int error = ::posix_spawn(&daemon_, "/usr/sbin/avahi-daemon", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot run avahi-daemon: is it installed?");
}

void AvahiNetwork::stop() {
  if (daemon_ < 0) return;
  ::kill(daemon_, SIGTERM);
  ::waitpid(daemon_, nullptr, 0);
  daemon_ = -1;
}

std::unique_ptr<sdbus::IProxy> AvahiNetwork::proxy(const std::string& path) const {
  return sdbus::createProxy(*connection_, dbus::compat::ServiceName("org.freedesktop.Avahi"), sdbus::ObjectPath(path));
}

void AvahiNetwork::announce(const std::string& name, const std::string& type, std::uint16_t port,
                            const std::vector<std::string>& text) {
  constexpr const char* interface = "org.freedesktop.Avahi.EntryGroup";
  sdbus::ObjectPath path;
  proxy("/")->callMethod("EntryGroupNew").onInterface("org.freedesktop.Avahi.Server").storeResultsTo(path);
  auto group = proxy(path);
  std::vector<std::vector<std::uint8_t>> strings;
  for (const std::string& entry : text) strings.emplace_back(entry.begin(), entry.end());
  group->callMethod("AddService")
      .onInterface(interface)
      .withArguments(any, any, std::uint32_t{0}, name, type, std::string(), std::string(), port, strings);
  group->callMethod("Commit").onInterface(interface);
  wait_for(*group, interface, announced);
  groups_.push_back(std::move(group));
}

void AvahiNetwork::withdraw() {
  for (const auto& group : groups_) group->callMethod("Free").onInterface("org.freedesktop.Avahi.EntryGroup");
  groups_.clear();
}

}  // namespace edgeseal::test
