// One job by CMP with keys of the provider that openssl.cnf names, for cmp_test.

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "enroll/cmp/job_run.h"
#include "tests/enroll/fake_agent.h"

namespace {

using namespace edgeseal::enroll;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

Bytes bytes_in(const std::filesystem::path& path) {
  const std::string content = content_of(path);
  const ByteView bytes = bytes_of(content);
  return {bytes.begin(), bytes.end()};
}

struct Arguments {
  std::string url, request, anchor, reference, secret, identity, certificate, key, out;
  bool renew = false;
};

Job job_of(const Arguments& arguments) {
  Job job;
  job.protocol = Protocol::cmp;
  job.operation = arguments.renew ? Operation::renew : Operation::enrol;
  job.url = arguments.url;
  job.request = bytes_in(arguments.request);
  job.trust.anchors = {bytes_in(arguments.anchor)};
  job.rules.extended_key_usages.clear();
  if (!arguments.key.empty()) job.cmp.key = bytes_in(arguments.key);
  if (!arguments.identity.empty())
    job.identity = NamedIdentity{arguments.identity, bytes_in(arguments.certificate), {}};
  if (arguments.secret.empty()) return job;
  const Bytes secret = bytes_in(arguments.secret);
  job.password = Password{arguments.reference, SecretBytes(secret.begin(), secret.end()), {}};
  return job;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app;
  app.add_option("--url", arguments.url)->required();
  app.add_option("--request", arguments.request)->required();
  app.add_option("--anchor", arguments.anchor)->required();
  app.add_option("--reference", arguments.reference);
  app.add_option("--secret-file", arguments.secret);
  app.add_option("--identity", arguments.identity);
  app.add_option("--certificate", arguments.certificate);
  app.add_option("--key", arguments.key);
  app.add_option("--out", arguments.out)->required();
  app.add_flag("--renew", arguments.renew);
  CLI11_PARSE(app, argc, argv);
  try {
    edgeseal::test::FakeAgent agent;
    const Result result = edgeseal::enroll::cmp::run(job_of(arguments), agent, {}, {});
    std::ofstream(arguments.out, std::ios::binary) << text_of(result.certificate);
    return 0;
  } catch (const Error& error) {
    std::cerr << name_of(error.error_class()) << ": " << error.what() << "\n";
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
  }
  return 1;
}
