#include "daemon.h"

#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* One conversation. */
struct exchange {
    int socket;
    const struct text *message;
    size_t sent;
    int send_error; /* errno of a failed write; 0 if none failed */
    char received[REPLY_MAX];
    size_t received_length;
};

/* How long to leave a full backlog alone; Linux offers nothing to wait on there. */
enum { BACKLOG_PAUSE_MILLISECONDS = 2 };

static bool fail(struct text *why, const char *what, int error)
{
    text_add_format(why, "%s: %s", what, strerror(error));
    return false;
}

static bool set_non_blocking(int socket)
{
    int flags = fcntl(socket, F_GETFL);
    return flags >= 0 && fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0
        && fcntl(socket, F_SETFD, FD_CLOEXEC) == 0;
}

/* The end of a connection attempt that the kernel went on with by itself: its errno. */
static int connection_error(int socket, deadline until)
{
    struct pollfd poll_socket = {.fd = socket, .events = POLLOUT};
    while (!deadline_passed(until)) {
        if (poll(&poll_socket, 1, deadline_milliseconds_left(until)) != 1)
            continue;
        int error = 0;
        socklen_t length = sizeof error;
        return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
    }
    return ETIMEDOUT;
}

static bool connect_to(int socket, const char *path, deadline until, struct text *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        text_add_format(why, "the socket's path is longer than %zu bytes: %s", sizeof address.sun_path - 1, path);
        return false;
    }
    memcpy(address.sun_path, path, strlen(path));

    int error;
    do {
        error = connect(socket, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
        if (error == EINPROGRESS || error == EINTR)
            error = connection_error(socket, until);
        if (error == EAGAIN) /* the backlog is full: the daemon is there, but behind */
            poll(NULL, 0, BACKLOG_PAUSE_MILLISECONDS);
    } while (error == EAGAIN && !deadline_passed(until));

    if (error == 0)
        return true;
    if (error == EAGAIN || error == ETIMEDOUT)
        text_add_format(why, "the daemon does not accept connections at %s", path);
    else
        text_add_format(why, "no daemon at %s: %s", path, strerror(error));
    return false;
}

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

static void send_some(struct exchange *exchange)
{
    ssize_t count = write(exchange->socket, exchange->message->bytes + exchange->sent,
                          exchange->message->length - exchange->sent);
    if (count > 0)
        exchange->sent += (size_t)count;
    else if (count < 0 && !would_block(errno))
        exchange->send_error = errno; /* the daemon may have said why before it hung up: read on */
}

/* The verdict of a whole line. */
static bool is_acked(const struct exchange *exchange, size_t line_length, struct text *why)
{
    struct reply reply;
    if (!reply_parse(&reply, exchange->received, line_length))
        text_add_string(why, "the daemon's answer is not understood");
    else if (!reply.ok && reply.error[0] != '\0')
        text_add_format(why, "the daemon said: %s", reply.error);
    else if (!reply.ok)
        text_add_string(why, "the daemon refused without a reason");
    else if (exchange->sent < exchange->message->length)
        text_add_string(why, "the daemon answered before it had read everything");
    else
        return true;
    return false;
}

static bool converse(struct exchange *exchange, deadline until, struct text *why)
{
    while (!deadline_passed(until)) {
        bool sending = exchange->sent < exchange->message->length && exchange->send_error == 0;
        struct pollfd ready = {
            .fd = exchange->socket, .events = (short)(POLLIN | (sending ? POLLOUT : 0))};
        if (poll(&ready, 1, deadline_milliseconds_left(until)) < 1)
            continue; /* time is up, or a signal came */
        if (sending && (ready.revents & POLLOUT) != 0)
            send_some(exchange);
        if ((ready.revents & ~POLLOUT) == 0)
            continue;

        ssize_t count = read(exchange->socket, exchange->received + exchange->received_length,
                             sizeof exchange->received - exchange->received_length);
        if (count < 0 && would_block(errno))
            continue;
        if (count < 0)
            return fail(why, "the connection to the daemon broke", errno);
        if (count == 0 && exchange->send_error != 0)
            return fail(why, "the daemon hung up on the request", exchange->send_error);
        if (count == 0) {
            text_add_string(why, "the daemon hung up without a whole answer");
            return false;
        }

        size_t before = exchange->received_length;
        exchange->received_length += (size_t)count;
        const char *end = memchr(exchange->received + before, '\n', (size_t)count);
        if (end != NULL)
            return is_acked(exchange, (size_t)(end - exchange->received), why);
        if (exchange->received_length == sizeof exchange->received) {
            text_add_string(why, "the daemon's answer has no end");
            return false;
        }
    }
    text_add_string(why, "the daemon did not answer in time");
    return false;
}

bool daemon_enqueue(const char *socket_path, const struct text *message, deadline until, struct text *why)
{
    static struct exchange exchange; /* static: most of it is never touched, and the stack stays small */
    exchange.message = message;

    exchange.socket = socket(AF_UNIX, SOCK_STREAM, 0);
    if (exchange.socket < 0 || !set_non_blocking(exchange.socket)) {
        int error = errno;
        if (exchange.socket >= 0)
            close(exchange.socket);
        return fail(why, "no socket to be had", error);
    }
    bool acked = connect_to(exchange.socket, socket_path, until, why) && converse(&exchange, until, why);
    close(exchange.socket);
    return acked;
}
