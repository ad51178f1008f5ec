#include "agent/publication.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/acl.h>
#include <sys/stat.h>

#include <array>
#include <memory>
#include <system_error>

#include "agent/certificate.h"
#include "agent/directory.h"
#include "agent/error.h"
#include "provider/wire/key_reference.h"

namespace edgeseal::agent {

namespace {

struct FreeAcl {
  void operator()(void* acl) const noexcept { ::acl_free(acl); }
};

template <class Function>
auto attempt(const std::string& path, const Function& function) {
  try {
    return function();
  } catch (const std::system_error& error) {
    throw Error(Code::state_unavailable,
                fmt::format("publication in {}: {}; remedy: the directory must be on a writable file system "
                            "with POSIX ACLs and free space, owned by the account of the agent",
                            path, error.what()));
  }
}

std::string staging_name(const std::string& group) {
  return "." + group + ".new";
}

std::string_view text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string key_reference_pem(const PublishedSlot& slot) {
  std::array<std::byte, wire::max_key_reference_size> der{};
  const std::string name = slot.slot.key_name();
  const std::size_t size = wire::encode(wire::KeyReference{name, slot.public_key}, der);
  if (size == 0) throw Error(Code::internal_error, "the key reference of " + name + " does not fit its bounds");
  return pem(std::string(wire::key_reference_label).c_str(), ByteView(der).first(size));
}

std::string chain_pem(const CertificateRecord& record) {
  std::string chain = pem("CERTIFICATE", record.certificate);
  for (const Bytes& issuer : record.issuers) chain += pem("CERTIFICATE", issuer);
  return chain;
}

// Read and search for the readers, nothing for the rest; what is below is open to whoever comes so far.
void grant(int directory, const Readers& readers) {
  std::string text = "u::rwx,g::r-x,o::---,m::r-x";
  for (const uid_t user : readers.users) text += fmt::format(",u:{}:r-x", user);
  for (const gid_t group : readers.groups) text += fmt::format(",g:{}:r-x", group);
  const std::unique_ptr<std::remove_pointer_t<acl_t>, FreeAcl> acl(::acl_from_text(text.c_str()));
  if (!acl || ::acl_set_fd(directory, acl.get()) != 0)
    throw std::system_error(errno, std::generic_category(), "set the POSIX ACL of an application's directory");
}

// OPC 10000-12 Annex F.1, besides own/.
void make_trust_directories(int generation) {
  for (const char* list : {"trusted", "issuer"}) {
    const policy::UniqueFd directory = make_directory(generation, list, 0755);
    (void)make_directory(directory.get(), "certs", 0755);
    (void)make_directory(directory.get(), "crl", 0755);
  }
  const policy::UniqueFd rejected = make_directory(generation, "rejected", 0755);
  (void)make_directory(rejected.get(), "certs", 0755);
}

void write_slots(int generation, const std::vector<PublishedSlot>& slots) {
  const policy::UniqueFd own = make_directory(generation, "own", 0755);
  const policy::UniqueFd certs = make_directory(own.get(), "certs", 0755);
  const policy::UniqueFd keys = make_directory(own.get(), "private", 0755);
  for (const PublishedSlot& slot : slots) {
    write_new_file(certs.get(), slot.slot.certificate_type + ".der", text_of(slot.certificate.certificate));
    write_new_file(keys.get(), slot.slot.certificate_type + ".pem", key_reference_pem(slot));
  }
  if (!slots.empty()) {
    const std::string key = key_reference_pem(slots.front()), chain = chain_pem(slots.front().certificate);
    write_new_file(keys.get(), "key.pem", key);
    write_new_file(keys.get(), "bundle.pem", key + chain);
    write_new_file(generation, "fullchain.pem", chain);
  }
  for (const policy::UniqueFd* directory : {&certs, &keys, &own}) sync_directory(directory->get());
}

}  // namespace

Publication::Publication(std::string root) : path_(std::move(root)) {
  root_ = attempt(path_, [&] { return make_directory(AT_FDCWD, path_, 0711); });
}

std::string Publication::directory(const std::string& application, const std::string& group) const {
  return fmt::format("{}/{}/{}", path_, application, group);
}

Publication::Generation Publication::prepare(const std::string& application, const std::string& group,
                                             const Readers& readers, const std::vector<PublishedSlot>& slots) {
  return attempt(path_, [&] {
    if (::mkdirat(root_.get(), application.c_str(), 0700) == 0) sync_directory(root_.get());
    Generation generation(open_directory(root_.get(), application), group);
    const int parent = generation.application_.get();
    grant(parent, readers);
    remove_tree(parent, staging_name(group));
    const policy::UniqueFd staging = make_directory(parent, staging_name(group), 0755);
    make_trust_directories(staging.get());
    write_slots(staging.get(), slots);
    sync_directory(staging.get());
    return generation;
  });
}

void Publication::Generation::exchange() {
  attempt("the directory of group " + group_, [&] {
    exchange_names(application_.get(), staging_name(group_), group_);
    sync_directory(application_.get());
  });
}

// Takes away what has the staging name: the old generation after an exchange, the unused new one without.
Publication::Generation::~Generation() {
  if (!application_) return;
  try {
    remove_tree(application_.get(), staging_name(group_));
  } catch (const std::system_error&) {
    // The next prepare() begins with the same removal and reports what is wrong.
  }
}

void Publication::remove(const std::string& application) {
  attempt(path_, [&] {
    remove_tree(root_.get(), application);
    sync_directory(root_.get());
  });
}

}  // namespace edgeseal::agent
