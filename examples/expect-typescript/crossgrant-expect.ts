// Says in a template which requests have to be allowed and which denied, so that `crossgrant prove` proves it. Copy this file into your app.
// https://github.com/crossgrant/crossgrant/blob/main/docs/expectations.md

import { CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** One or more requests: each principal, each action and each resource. */
export interface Expectation {
  /** What is requested, such as `s3:GetObject`. Wildcards mean each action that can be on the resource. */
  readonly action: string | string[];
  /** Who makes the request: an ARN, a service, `anonymous`, or a path, logical ID or name. Default the construct itself. */
  readonly principal?: string | string[];
  /** On what: an ARN, or a path, logical ID or name, with what follows; `/KEY` is in the construct itself. Default the construct itself. */
  readonly resource?: string | string[];
  /** What runs as the principal and makes the request, or `outside` of every VPC. Default each that runs as it. */
  readonly from?: string;
  /** The role that the principal assumes for it. Default any way that the principal has. */
  readonly assuming?: string;
  /** Condition keys of the request, beside those that follow from its principal and route. Default none. */
  readonly context?: Record<string, string | string[] | boolean | number>;
  /** What it is for. Default nothing. */
  readonly because?: string;
}

/** Says that requests of a construct, or on it, have to be allowed. */
export function expectAllowed(of: IConstruct, ...requests: Expectation[]): void {
  record(of, 'allowed', requests);
}

/** Says that requests of a construct, or on it, have to be denied. */
export function expectDenied(of: IConstruct, ...requests: Expectation[]): void {
  record(of, 'denied', requests);
}

const key = 'CrossGrant::Expect';

function record(of: IConstruct, result: string, requests: Expectation[]): void {
  const resource = CfnResource.isCfnResource(of) ? of : of.node.defaultChild;
  if (!CfnResource.isCfnResource(resource)) {
    throw new Error(`found ${of.node.path}, which is no resource of this app, expected one such as a role, a function or a bucket`);
  }
  resource.addMetadata(key, [...(resource.getMetadata(key) ?? []), ...requests.map((request) => ({ ...request, result }))]);
}
