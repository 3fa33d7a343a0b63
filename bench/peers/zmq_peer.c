/* What libzmq alone costs: the daemon's three sockets with nothing behind them. A request (DEALER to ROUTER) is
   answered with a frame of REPLY bytes that begins with those of the request. A message on PULL is published as two
   frames: TOPIC, and PREDICTION bytes that begin with those of the message. Waits by zmq_poll, then takes at most 64
   messages from each socket in turn, as the daemon does. Its queues have no limit: it never drops.

   Build: cc -O2 zmq_peer.c -lzmq; run: zmq_peer REQUESTS INGEST PREDICTIONS REPLY TOPIC PREDICTION. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { TURN = 64, IDENTITY = 256, FRAME = 1 << 20 };

static void fail(const char *what) {
  fprintf(stderr, "zmq_peer: %s: %s\n", what, zmq_strerror(errno));
  exit(1);
}

static void *bound(void *context, int type, const char *endpoint) {
  void *socket = zmq_socket(context, type);
  int none = 0;
  zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof none);
  zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none);
  zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof none);
  if (!socket || zmq_bind(socket, endpoint) != 0) fail(endpoint);
  return socket;
}

int main(int count, char **arguments) {
  if (count != 7) {
    fputs("zmq_peer: expected REQUESTS INGEST PREDICTIONS REPLY TOPIC PREDICTION\n", stderr);
    return 1;
  }
  void *context = zmq_ctx_new();
  void *requests = bound(context, ZMQ_ROUTER, arguments[1]);
  void *ingest = bound(context, ZMQ_PULL, arguments[2]);
  void *predictions = bound(context, ZMQ_PUB, arguments[3]);
  size_t reply = strtoul(arguments[4], NULL, 10), prediction = strtoul(arguments[6], NULL, 10);
  const char *topic = arguments[5];
  static char identity[IDENTITY], frame[FRAME];
  puts("ready");
  fflush(stdout);

  zmq_pollitem_t items[] = {{requests, 0, ZMQ_POLLIN, 0}, {ingest, 0, ZMQ_POLLIN, 0}};
  for (;;) {
    if (zmq_poll(items, 2, -1) < 0 && errno != EINTR) fail("poll");
    int progress;
    do {
      progress = 0;
      for (int i = 0; i < TURN; i++) {
        int length = zmq_recv(requests, identity, sizeof identity, ZMQ_DONTWAIT);
        if (length < 0) break;
        zmq_recv(requests, frame, sizeof frame, ZMQ_DONTWAIT);
        zmq_send(requests, identity, (size_t)length, ZMQ_DONTWAIT | ZMQ_SNDMORE);
        zmq_send(requests, frame, reply, ZMQ_DONTWAIT);
        progress = 1;
      }
      for (int i = 0; i < TURN; i++) {
        if (zmq_recv(ingest, frame, sizeof frame, ZMQ_DONTWAIT) < 0) break;
        zmq_send(predictions, topic, strlen(topic), ZMQ_DONTWAIT | ZMQ_SNDMORE);
        zmq_send(predictions, frame, prediction, ZMQ_DONTWAIT);
        progress = 1;
      }
    } while (progress);
  }
}
