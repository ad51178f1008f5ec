// The keys of the tests' key server, for the rows of OPC UA.

#include "tests/programs/opc_ua/keys.h"
#include "tests/provider/fixture.h"

namespace edgeseal::tests::opc_ua {

class Keys::Source : public Fixture {
 public:
  Source() : before_(OSSL_LIB_CTX_set0_default(program.context())) { server.forbid_legacy("rsa"); }
  ~Source() { OSSL_LIB_CTX_set0_default(before_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  [[nodiscard]] static Identity identity(const std::string& name) {
    const std::string key = name == "p256" ? "ec" : name;
    const Material& material = Material::get();
    return {pem_reference(key, material.key(key).get()), material.certificate(key)};
  }

 private:
  OSSL_LIB_CTX* before_;
};

Keys::Keys() : source_(std::make_unique<Source>()) {}
Keys::~Keys() = default;

Identity Keys::identity(const std::string& name) const {
  return source_->identity(name);
}

}  // namespace edgeseal::tests::opc_ua
