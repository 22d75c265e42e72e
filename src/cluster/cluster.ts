import type { OrderedController } from '../controllers/contract.ts';
import { builtinKinds, makeCatalog, metricsKinds } from '../kinds/catalog.ts';
import { serviceUnavailable } from '../machinery/status.ts';
import type { Instant } from '../machinery/time.ts';
import { Conversions } from '../registry/conversion.ts';
import { makeLayeredCatalog } from '../registry/custom.ts';
import { NewerFormatError } from '../store/failures.ts';
import { openStore } from '../store/store.ts';
import { clusterTime, jumpTo, type Pace, realTime, repace, wallTime } from '../time/pace.ts';
import { Timeline } from '../time/timeline.ts';
import { makeAccess } from './access/access.ts';
import { makeActors } from './actors.ts';
import { describeAttempt, takeBaseline } from './attempt.ts';
import { makeAudit } from './audit.ts';
import { bootstrap } from './bootstrap.ts';
import { indexVersion, makeCodec } from './codec.ts';
import type { ClockState, Cluster, ClusterPorts, ClusterSettings, TurnEnd } from './contract.ts';
import { makeControlPlane } from './control-plane.ts';
import { notePolicyVersion, reconcileDefaults, upgradePolicy } from './default-policy.ts';
import { makeGrader } from './grader.ts';
import { giveHeritage, type Heritage } from './heritage.ts';
import { ClusterKeys } from './keys.ts';
import { parkable } from './outside.ts';
import { makePodSecuritySettings } from './pod-security.ts';
import { makeRoom } from './room.ts';
import { readPace, readSettings, writeCatchUp, writePace, writeSettings } from './settings.ts';
import { makeTurn } from './turn.ts';

/** Usage is served while there is an APIService for it, as on a cluster that metrics-server was installed on. */
const OPTIONAL = [{ service: 'v1beta1.metrics.k8s.io', kinds: metricsKinds }];

const openClusterStore = (ports: ClusterPorts, actors: readonly OrderedController[]) => {
  const catalog = makeCatalog(builtinKinds);
  const codec = makeCodec(catalog);
  try {
    const store = openStore(ports.sql, codec, {
      actorOrder: actors.map(({ controller }) => controller.name),
      indexVersion: indexVersion(catalog),
      ...(ports.cacheBytes === undefined ? {} : { cacheBytes: ports.cacheBytes }),
    });
    const conversions = new Conversions();
    const layered = makeLayeredCatalog(catalog, store, OPTIONAL, conversions.convert);
    return { catalog: layered, conversions, codec, store, actors };
  } catch (error) {
    if (error instanceof NewerFormatError) {
      throw serviceUnavailable('the stored cluster was written by a newer version of the server');
    }
    throw error;
  }
};

type Opened = ReturnType<typeof openClusterStore>;

/**
 * Opens the cluster that lies in the database; `undefined` when there is none. Throws a 503 StatusError when the
 * database was written by a newer version.
 */
export const openCluster = (
  ports: ClusterPorts,
  wallNow: Instant,
  actors: readonly OrderedController[] = makeActors(),
): Cluster | undefined => {
  const opened = openClusterStore(ports, actors);
  const settings = readSettings(opened.store.meta);
  return settings === undefined ? undefined : compose(ports, opened, settings, wallNow);
};

/**
 * Makes a new cluster in an empty database: first objects, clock, settings. With a heritage it goes on with the
 * credentials of the one before.
 */
export const createCluster = (
  ports: ClusterPorts,
  settings: ClusterSettings,
  wallNow: Instant,
  actors: readonly OrderedController[] = makeActors(),
  heritage?: Heritage,
): Cluster => {
  const opened = openClusterStore(ports, actors);
  const { store } = opened;
  if (readSettings(store.meta) !== undefined) throw new Error('the database holds a cluster already');
  return store.transaction(() => {
    writeSettings(store.meta, settings);
    if (heritage !== undefined) giveHeritage(ports.sql, store.meta, heritage);
    writePace(store.meta, { ...realTime(wallNow), clusterAnchor: settings.startsAt ?? wallNow });
    const cluster = compose(ports, opened, settings, wallNow);
    cluster.bootstrap();
    return cluster;
  });
};

/** Rows one step of relief removes: a few milliseconds. */
const RELIEF_ROWS = 500;

interface Composed extends Cluster {
  bootstrap(): void;
}

const compose = (
  ports: ClusterPorts,
  opened: Opened,
  settings: ClusterSettings,
  wallNow: Instant,
): Composed => {
  const { catalog, conversions, codec, store, actors } = opened;
  const instant = { now: 0 };
  const now = () => instant.now;
  const wall = { now: wallNow };
  const setNow = (at: Instant) => {
    instant.now = at;
  };
  let pace = readPace(store.meta, wallNow);
  const setPace = (next: Pace) => {
    pace = next;
    writePace(store.meta, next);
  };
  const clock = (at: Instant): ClockState => ({
    now: clusterTime(pace, at),
    paused: pace.paused,
    rate: pace.rate,
  });
  const audit = makeAudit({ store, seed: settings.seed, now });
  const podSecurity = makePodSecuritySettings(store);
  const room = makeRoom(store);
  const { clusterId, seed } = settings;
  const keys = new ClusterKeys({ meta: store.meta, clusterId, seed, makeSecret: ports.makeSecret });
  keys.ensure(clusterTime(pace, wallNow));
  const control = makeControlPlane({
    ports,
    settings,
    keys,
    wallNow: () => wall.now,
    catalog,
    codec,
    store,
    audit: audit.auditor,
    podSecurity,
    room,
    now,
  });
  const { outside } = control;
  conversions.connect({
    lookup: control.lookup,
    now: () => outside?.now() ?? now(),
    ...(outside === undefined || ports.reaches === undefined
      ? {}
      : { ask: (calls) => outside.ask(calls), reaches: ports.reaches }),
  });
  const timeline = new Timeline({
    store,
    controllers: control.outside === undefined ? actors : parkable(actors, control.outside),
    lookup: control.lookup,
    journal: ports.journal,
    makeContext: control.contextOf,
    setNow,
  });
  const { lookup, authorizer } = control;
  const policyOptions = { store, catalog, seed, now };
  const access = makeAccess({ store, catalog, lookup, authorizer, audit: audit.reader });
  const turn = makeTurn({
    store,
    timeline,
    setNow,
    pace: () => pace,
    onSkip: control.noteSkip,
    onReady: () => upgradePolicy(policyOptions),
    onEnd: audit.flush,
    ...(ports.catchUpBudget === undefined ? {} : { catchUpBudget: ports.catchUpBudget }),
  });

  const grade = makeGrader({ store, catalog, lookup: control.lookup, audit: audit.reader, now });

  const end = (unfinished: boolean): TurnEnd => {
    const next = store.wakeups.next();
    return {
      revision: store.revision(),
      nextDue: next === undefined ? undefined : wallTime(pace, next),
      unfinished,
      unsaved: store.audit.pending,
    };
  };

  return {
    handle: (request, at, resume) => {
      wall.now = at;
      const reads = request.method === 'GET' || request.method === 'HEAD';
      for (;;) {
        const turned = turn(at, () => control.handle(request, resume), { reads });
        if (!turned.unfinished) return turned.result;
      }
    },
    tick: (at, budget) => end(turn(at, () => undefined, { budget }).unfinished),
    takeCalls: () => control.outside?.takeCalls() ?? [],
    replied: (id, reply, at) => {
      const ready = control.outside?.replied(id, reply) ?? [];
      const wake = () => {
        for (const { controller, key } of ready) timeline.wake(controller, key, now());
      };
      return end(turn(at, wake).unfinished);
    },
    drain: (subscription) => control.drain(subscription),
    endWatch: (record, at) => audit.endWatch(record, Math.max(instant.now, clusterTime(pace, at))),
    audit: audit.reader,
    podSecurity: podSecurity.tell,
    access: (question, at) => {
      for (;;) {
        const turned = turn(at, () => access(question));
        if (!turned.unfinished) return turned.result;
      }
    },
    reconcilePolicy: (at) => {
      for (;;) {
        const turned = turn(at, () => reconcileDefaults(policyOptions));
        if (!turned.unfinished) return turned.result;
      }
    },
    flush: () => store.transaction(() => audit.flush(true)),
    end: () => end(false),
    limits: () => room.limits,
    setLimits: (limits) => room.setLimits(limits),
    usage: () => room.usage(),
    work: () => store.work(),
    relieve: (at) => store.transaction(() => store.compact(clusterTime(pace, at), RELIEF_ROWS, true).more),
    clock,
    repace: (change, at) => {
      // What was due under the old pace is done first: a pause must not swallow it.
      for (let left = true; left; ) left = turn(at, () => setPace(repace(pace, at, change))).unfinished;
      return clock(at);
    },
    advance: (until, at) => {
      store.transaction(() => {
        setPace(jumpTo(pace, at, until));
        writeCatchUp(store.meta, { spent: 0, isAsked: true });
      });
      return end(turn(at, () => undefined).unfinished);
    },
    grade: (checks, began, at) => {
      for (;;) {
        const turned = turn(at, () => grade(checks, began));
        if (!turned.unfinished) return turned.result;
      }
    },
    baseline: () => takeBaseline(store, catalog),
    attempt: (baseline) => describeAttempt(store, catalog, baseline),
    findKind: grade.findKind,
    credentials: (work, at) => {
      wall.now = at;
      for (;;) {
        const turned = turn(at, () => work(control.credentials));
        if (!turned.unfinished) return turned.result;
      }
    },
    bootstrap: () => {
      notePolicyVersion(store);
      turn(wallNow, () =>
        bootstrap({
          store,
          catalog,
          settings,
          clientCertificate: keys.authority.certificatePem,
          now: instant.now,
        }),
      );
    },
  };
};
